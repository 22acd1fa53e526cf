import { createHash } from 'node:crypto';
import { ScannerUnavailableError, StorageUnavailableError } from '../integrations/evidence';
import { appendSharedAudit, readEvidenceContent, type EvidenceRecord, type NewEvidence } from '../store';
import { Problem } from './problems';
import type { AppDeps, Principal } from './types';

type Deps = Pick<AppDeps, 'db' | 'clock' | 'evidence' | 'logger'>;

/**
 * Has an upload looked at; what is found is on record by its hash.
 * @returns when it was found clean; null where nothing scans
 * @throws Problem evidence_infected, evidence_unavailable
 */
export async function scan(
  deps: Deps,
  principal: Principal,
  file: { content: Uint8Array; sha256: string },
): Promise<Date | null> {
  const { scanner } = deps.evidence;
  if (!scanner) return null;
  const found = await orUnavailable(deps, () => scanner.find(file.content));
  const now = deps.clock();
  if (found === null) return now;
  await deps.db.$transaction((tx) =>
    appendSharedAudit(tx, 'access', principal.mode, now.toISOString(), [
      {
        type: 'evidence_refused',
        actor: { kind: principal.kind, id: principal.personId ?? principal.keyId },
        data: { sha256: file.sha256, found },
      },
    ]),
  );
  throw new Problem('evidence_infected');
}

/** Puts a content where this installation keeps evidence. @throws Problem evidence_unavailable */
export async function keep(deps: Deps, key: string, content: Uint8Array<ArrayBuffer>): Promise<NewEvidence['content']> {
  const [storage] = deps.evidence.storages;
  if (!storage) return content;
  await orUnavailable(deps, () => storage.put(key, content));
  return { storedIn: storage.kind, storageKey: key, bytes: content.byteLength };
}

/** The content from wherever it is kept, to the byte as it was uploaded. @throws Problem evidence_unavailable */
export async function readContent(deps: Deps, record: EvidenceRecord): Promise<Uint8Array> {
  const content = await contentOf(deps, record);
  const found = content && createHash('sha256').update(content).digest('hex');
  if (content && found === record.sha256) return content;
  // For its operators: the row says that it is there, and the storage gives nothing or something else.
  deps.logger.error({ evidenceId: record.id, storedIn: record.storedIn, found }, 'Evidence is not what was uploaded.');
  throw new Problem('evidence_unavailable');
}

async function contentOf(deps: Deps, { id, storedIn, storageKey }: EvidenceRecord): Promise<Uint8Array | null> {
  if (storageKey === null) return await readEvidenceContent(deps.db, id);
  const storage = deps.evidence.storages.find(({ kind }) => kind === storedIn);
  return storage ? await orUnavailable(deps, () => storage.get(storageKey)) : null;
}

async function orUnavailable<T>({ logger }: Deps, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageUnavailableError || error instanceof ScannerUnavailableError)) throw error;
    logger.error({ err: error }, 'Evidence could not be taken or shown.');
    throw new Problem('evidence_unavailable');
  }
}
