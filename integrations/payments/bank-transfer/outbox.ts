import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isReleased, judgeRelease, type ReleaseApproval, type ReleaseRefusal } from '../../../domain/payment';
import { errorCode } from './error-code';

/** What an instruction says, for the people who release it; the account shows its last four characters alone. */
export const summarySchema = z.object({
  reference: z.string(),
  refundId: z.string(),
  providerPaymentId: z.string(),
  amountMinor: z.number().int(),
  currency: z.string(),
  payeeName: z.string(),
  accountEnd: z.string(),
  createdAt: z.string(),
  sha256: z.string(),
});

export type InstructionSummary = z.infer<typeof summarySchema>;

const approvalSchema = z.object({ personId: z.string(), at: z.string(), sha256: z.string() });

/**
 * `waiting`: not released; `released`: ready for the bank, not known to be there; `gone`: the bank has it; `withdrawn`: taken
 * back before it was released, so that the bank never gets it.
 */
export type InstructionState = 'waiting' | 'released' | 'gone' | 'withdrawn';

export interface StoredInstruction extends InstructionSummary {
  state: InstructionState;
  approvals: ReleaseApproval[];
}

/** What a person's approval led to. */
export type ReleaseOutcome =
  | { outcome: 'awaits_second_person' }
  | { outcome: 'released' }
  | { outcome: 'refused'; reason: ReleaseRefusal | 'not_found' };

const REFERENCE = /^[A-Z0-9]{1,35}$/;

/**
 * The instructions of one account as files, each written once and moved once.
 *
 * `outbox/<reference>/` holds `instruction.xml` and `summary.json` for ever, `approval-<n>.json`, and as long as it is not
 * released `outgoing.xml`, which becomes `withdrawn.xml` when it is taken back. The folder appears by one rename, so one reference has one instruction whoever writes first;
 * releasing is one rename of `outgoing.xml` into `released/`, so it happens once, whatever is killed or repeated when.
 */
export class Outbox {
  constructor(private readonly root: string) {}

  /** @returns false when the reference has an instruction already; then nothing is changed */
  async put(summary: InstructionSummary, content: Buffer): Promise<boolean> {
    const target = this.folder(summary.reference);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    const draft = path.join(path.dirname(target), `.draft-${randomUUID()}`);
    try {
      await mkdir(draft, { mode: 0o700 });
      await writeDurably(path.join(draft, 'instruction.xml'), content);
      // A copy, not a link: whoever alters what goes out does not alter the record.
      await writeDurably(path.join(draft, 'outgoing.xml'), content);
      await writeDurably(path.join(draft, 'summary.json'), JSON.stringify(summary));
      await syncFolder(draft);
      await rename(draft, target);
      await syncFolder(path.dirname(target));
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** @returns null when the reference was never instructed here */
  async find(reference: string): Promise<StoredInstruction | null> {
    const summary = await readIfThere(path.join(this.folder(reference), 'summary.json'));
    if (summary === null) return null;
    const approvals = await this.approvals(reference);
    return {
      ...summarySchema.parse(JSON.parse(summary.toString('utf8'))),
      approvals,
      state: await this.state(reference),
    };
  }

  /** What waits for release, oldest first. */
  async waiting(): Promise<StoredInstruction[]> {
    const names = await ignoreMissing(() => readdir(path.join(this.root, 'outbox')));
    const found: StoredInstruction[] = [];
    for (const name of (names ?? []).filter((one) => REFERENCE.test(one))) {
      const instruction = await this.find(name);
      if (instruction?.state === 'waiting') found.push(instruction);
    }
    return found.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  /**
   * Takes one person's approval; the second person's releases.
   * @param approval with the hash of the file that the person was shown
   */
  async approve(reference: string, approval: ReleaseApproval): Promise<ReleaseOutcome> {
    for (;;) {
      const outgoing = await readIfThere(this.outgoing(reference));
      const given = await this.approvals(reference);
      if (outgoing === null) {
        const known = (await this.find(reference)) !== null;
        return { outcome: 'refused', reason: known ? 'already_released' : 'not_found' };
      }
      const verdict = judgeRelease(given, approval, createHash('sha256').update(outgoing).digest('hex'));
      if (verdict.kind === 'refused') {
        // Whoever was killed between the second approval and the move left the move to be done.
        if (verdict.reason === 'already_released') await this.moveIfReleased(reference);
        return { outcome: 'refused', reason: verdict.reason };
      }
      const file = path.join(this.folder(reference), `approval-${given.length + 1}.json`);
      // Somebody else was faster: judge again with what stands now.
      if (!(await createExclusively(file, JSON.stringify(approval)))) continue;
      if (verdict.kind === 'first') return { outcome: 'awaits_second_person' };
      await this.moveIfReleased(reference);
      return { outcome: 'released' };
    }
  }

  /** Moves an instruction that two persons have approved to `released/`, unless that has been done. */
  async moveIfReleased(reference: string): Promise<void> {
    const outgoing = await readIfThere(this.outgoing(reference));
    if (outgoing === null) return;
    const sha256 = createHash('sha256').update(outgoing).digest('hex');
    const approvals = await this.approvals(reference);
    if (!isReleased(approvals.filter((approval) => approval.sha256 === sha256))) return;
    await mkdir(path.join(this.root, 'released'), { recursive: true, mode: 0o700 });
    await ignoreMissing(() => rename(this.outgoing(reference), this.released(reference)));
    await syncFolder(path.join(this.root, 'released'));
  }

  /** SHA-256 of the bytes that wait; null when none do. */
  async waitingSha256(reference: string): Promise<string | null> {
    const outgoing = await readIfThere(this.outgoing(reference));
    return outgoing && createHash('sha256').update(outgoing).digest('hex');
  }

  /** Takes an instruction back that has not been released: one rename, so it is either this or released, never both. */
  async withdraw(reference: string): Promise<void> {
    await ignoreMissing(() => rename(this.outgoing(reference), this.withdrawn(reference)));
    await ignoreMissing(() => syncFolder(this.folder(reference)));
  }

  /** The released bytes that are not known to be at the bank; null when there are none. */
  readReleased(reference: string): Promise<Buffer | null> {
    return readIfThere(this.released(reference));
  }

  async markDelivered(reference: string): Promise<void> {
    const delivered = path.join(this.root, 'delivered');
    await mkdir(delivered, { recursive: true, mode: 0o700 });
    await ignoreMissing(() => rename(this.released(reference), path.join(delivered, fileName(reference))));
  }

  private async state(reference: string): Promise<InstructionState> {
    if ((await readIfThere(this.outgoing(reference))) !== null) return 'waiting';
    if ((await readIfThere(this.withdrawn(reference))) !== null) return 'withdrawn';
    return (await readIfThere(this.released(reference))) === null ? 'gone' : 'released';
  }

  private async approvals(reference: string): Promise<ReleaseApproval[]> {
    const approvals: ReleaseApproval[] = [];
    for (;;) {
      const file = path.join(this.folder(reference), `approval-${approvals.length + 1}.json`);
      const text = await readIfThere(file);
      if (text === null) return approvals;
      approvals.push(approvalSchema.parse(JSON.parse(text.toString('utf8'))));
    }
  }

  private folder(reference: string): string {
    if (!REFERENCE.test(reference)) throw new Error('A reference is 1 to 35 characters of A–Z0–9.');
    return path.join(this.root, 'outbox', reference);
  }

  private outgoing(reference: string): string {
    return path.join(this.folder(reference), 'outgoing.xml');
  }

  private withdrawn(reference: string): string {
    return path.join(this.folder(reference), 'withdrawn.xml');
  }

  private released(reference: string): string {
    return path.join(this.root, 'released', fileName(reference));
  }
}

/** The name under which a reference's file goes to the bank. */
export const fileName = (reference: string): string => `${reference}.xml`;

async function writeDurably(file: string, content: string | Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Complete under its name or not there at all. @returns false when the name is taken */
async function createExclusively(file: string, content: string): Promise<boolean> {
  const draft = path.join(path.dirname(file), `.draft-${randomUUID()}`);
  try {
    await writeDurably(draft, content);
    await link(draft, file);
    await syncFolder(path.dirname(file));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const readIfThere = (file: string): Promise<Buffer | null> => ignoreMissing(() => readFile(file));

async function ignoreMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(errorCode(error) ?? '');
}
