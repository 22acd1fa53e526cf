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

/** The content from wherever it is kept, or null. @throws Problem evidence_unavailable */
export async function readContent(deps: Deps, record: EvidenceRecord): Promise<Uint8Array | null> {
  const { storageKey, storedIn } = record;
  if (storageKey === null) return await readEvidenceContent(deps.db, record.id);
  const storage = deps.evidence.storages.find(({ kind }) => kind === storedIn);
  // It is kept, but not where this installation looks: for its operators to mend.
  if (!storage) throw new Problem('evidence_unavailable');
  return await orUnavailable(deps, () => storage.get(storageKey));
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
