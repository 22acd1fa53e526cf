import {
  judgeInterlocks,
  judgeRelease,
  type HoldReason,
  type ReleaseApproval,
  type ReleaseRefusal,
} from '../domain/payment';
import { appendRefundAudit, type AuditEntry } from './audit';
import { toIso, toIsoOrNull, toMinor, type Database, type Db } from './client';
import type { Prisma } from './generated/prisma/client';
import { judgeBeforeLeaving } from './interlocks';
import { newId } from './new-id';

type Mode = 'live' | 'test';

/**
 * `waiting`: for one or two persons, or for what holds it; `released`: ready for the bank; `delivered`: the bank has it;
 * `rejected`: taken back, and never for the bank.
 */
export const BANK_FILE_STATUSES = ['waiting', 'released', 'delivered', 'rejected'] as const;
export type BankFileStatus = (typeof BANK_FILE_STATUSES)[number];

/** A payment file in the outbox of a bank account; it holds one payment. */
export interface BankFileRecord {
  id: string;
  mode: Mode;
  merchantAccount: string;
  /** Of the attempt, and the file's name. */
  reference: string;
  refundId: string;
  amountMinor: number;
  currency: string;
  masked: string;
  /** Of the bytes that would go to the bank. */
  sha256: string;
  status: BankFileStatus;
  approvals: ReleaseApproval[];
  createdAt: string;
  releasedAt: string | null;
  deliveredAt: string | null;
  rejectedAt: string | null;
  rejectionReason: string | null;
}

/** Why a person's word about a file does not count: what judges releases, what holds the payment, or where the file stands. */
export type BankFileRefusal = ReleaseRefusal | 'file_rejected' | 'not_under_way' | HoldReason;

/** A file as the directory has it. */
export interface SeenBankFile {
  mode: Mode;
  merchantAccount: string;
  reference: string;
  refundId: string;
  amountMinor: number;
  currency: string;
  sha256: string;
  createdAt: string;
}

const withApprovals = { approvals: { orderBy: [{ at: 'asc' }, { personId: 'asc' }] } } satisfies Prisma.BankFileInclude;

type Row = Prisma.BankFileGetPayload<{ include: { approvals: true } }>;

/**
 * Writes down a file that waits in a directory. Only one that an attempt of ours stands behind is taken in.
 * @returns false when it is known already, or nobody has instructed it
 */
export async function noteBankFile(db: Database, seen: SeenBankFile, nowIso: string): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const now = new Date(nowIso);
    const id = newId('bf');
    const written = await tx.$executeRaw`
      INSERT INTO bank_files (id, mode, merchant_account, reference, refund_id, amount_minor, currency, masked, sha256,
        created_at, updated_at)
      SELECT ${id}, t.mode, ${seen.merchantAccount}, t.reference, a.refund_id, t.amount_minor, p.currency, d.masked,
        ${seen.sha256}, ${new Date(seen.createdAt)}, ${now}
      FROM payment_attempts t
      JOIN allocations a ON a.id = t.allocation_id
      JOIN payments p ON p.id = a.payment_id
      JOIN destinations d ON d.id = t.destination_id
      WHERE t.reference = ${seen.reference} AND t.mode = ${seen.mode}::"Mode" AND a.refund_id = ${seen.refundId}
        AND t.amount_minor = ${BigInt(seen.amountMinor)} AND p.currency = ${seen.currency}
      ON CONFLICT DO NOTHING`;
    if (written === 0) return false;
    await appendRefundAudit(tx, seen.refundId, nowIso, [
      machine('bank_file.written', { bankFileId: id, reference: seen.reference, sha256: seen.sha256 }),
    ]);
    return true;
  });
}

/** Files that two persons have approved and that are not known to be at the bank, oldest first. */
export async function listApprovedBankFiles(
  db: Db,
  account: { mode: Mode; merchantAccount: string },
  limit: number,
): Promise<BankFileRecord[]> {
  const approved = await db.$queryRaw<{ id: string }[]>`
    SELECT f.id FROM bank_files f
    WHERE f.mode = ${account.mode}::"Mode" AND f.merchant_account = ${account.merchantAccount} AND f.status IN ('waiting', 'released')
      AND (SELECT count(DISTINCT a.person_id) FROM bank_file_approvals a
           WHERE a.bank_file_id = f.id AND a.sha256 = f.sha256) >= 2
    ORDER BY f.created_at, f.id LIMIT ${limit}`;
  const rows = await db.bankFile.findMany({
    where: { id: { in: approved.map(({ id }) => id) } },
    include: withApprovals,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(recordOf);
}

export interface BankFilePage {
  mode: Mode;
  status?: BankFileStatus;
  limit: number;
  after: { at: Date; id: string } | null;
}

/** Files, newest first. */
export async function listBankFiles(
  db: Db,
  { mode, status, limit, after }: BankFilePage,
): Promise<{ files: BankFileRecord[]; next: { createdAt: string; id: string } | null }> {
  const rows = await db.bankFile.findMany({
    where: {
      mode,
      ...(status === undefined ? {} : { status }),
      ...(after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {}),
    },
    include: withApprovals,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const files = rows.slice(0, limit).map(recordOf);
  const last = rows.length > limit ? files.at(-1) : undefined;
  return { files, next: last ? { createdAt: last.createdAt, id: last.id } : null };
}

/** Counts and sums by account, status and currency. */
export async function sumBankFiles(
  db: Db,
  mode: Mode,
): Promise<
  { merchantAccount: string; status: BankFileStatus; currency: string; count: number; amountMinor: number }[]
> {
  const groups = await db.bankFile.groupBy({
    by: ['merchantAccount', 'status', 'currency'],
    where: { mode },
    _count: { _all: true },
    _sum: { amountMinor: true },
    orderBy: [{ merchantAccount: 'asc' }, { status: 'asc' }, { currency: 'asc' }],
  });
  return groups.map(({ merchantAccount, status, currency, _count, _sum }) => ({
    merchantAccount,
    status: status as BankFileStatus,
    currency,
    count: _count._all,
    amountMinor: toMinor(_sum.amountMinor ?? 0n),
  }));
}

/** A file of this mode, or null. */
export async function readBankFile(db: Db, mode: Mode, id: string): Promise<BankFileRecord | null> {
  const row = await db.bankFile.findFirst({ where: { id, mode }, include: withApprovals });
  return row && recordOf(row);
}

/**
 * Judges and records one person's word that exactly these bytes may go, under the file's row lock. The file is handed over
 * by the worker, which judges again by what lies in the directory. Each command counts once.
 * @returns null when there is no such file
 */
export async function approveBankFile(
  db: Database,
  key: { id: string; mode: Mode },
  approval: ReleaseApproval & { commandId: string },
  settings: PayoutSettings,
): Promise<{ refusal: BankFileRefusal | null; file: BankFileRecord } | null> {
  const { commandId, personId, sha256, at } = approval;
  return db.$transaction(async (tx) => {
    const file = await lockBankFile(tx, key);
    if (!file) return null;
    const said = await wordBefore(tx, commandId);
    if (said) return { ...said, file };
    const verdict = judgeRelease(file.approvals, { personId, at, sha256 }, file.sha256);
    const refusal = await refusalOfApproval(tx, file, verdict, { ...settings, nowIso: at });
    await noteWord(tx, commandId, refusal);
    if (refusal === null)
      await tx.bankFileApproval.create({
        data: { bankFileId: file.id, mode: file.mode, personId, sha256, commandId, at: new Date(at) },
      });
    await appendRefundAudit(tx, file.refundId, at, [
      {
        type: refusal === null ? 'bank_file.approved' : 'bank_file.approval_refused',
        actor: { kind: 'person', id: personId },
        data: {
          bankFileId: file.id,
          reference: file.reference,
          sha256,
          commandId,
          ...(refusal === null ? { releases: verdict.kind === 'second' } : { code: refusal }),
        },
      },
    ]);
    const after = await readBankFile(tx, file.mode, file.id);
    return after && { refusal, file: after };
  });
}

/** What of the settings decides whether money may leave. */
export interface PayoutSettings {
  /** How old a stated balance may be that a floor is compared with. */
  balanceMaxAgeMs: number;
}

type Instant = PayoutSettings & { nowIso: string };

/** What a command came to when it was run before; null when it was not. */
async function wordBefore(tx: Db, commandId: string): Promise<{ refusal: BankFileRefusal | null } | null> {
  const command = await tx.command.findUnique({ where: { id: commandId } });
  return command && command.outcome !== 'open' ? { refusal: command.refusalCode as BankFileRefusal | null } : null;
}

/** Notes what a command has come to, so that a repeat of it changes nothing. */
async function noteWord(tx: Db, commandId: string, refusal: BankFileRefusal | null): Promise<void> {
  await tx.command.updateMany({
    where: { id: commandId, outcome: 'open' },
    data: refusal === null ? { outcome: 'done' } : { outcome: 'refused', refusalCode: refusal },
  });
}

/** The second person's word counts only while nothing holds the payment: files may wait for days. */
async function refusalOfApproval(
  tx: Db,
  file: BankFileRecord,
  verdict: ReturnType<typeof judgeRelease>,
  instant: Instant,
): Promise<BankFileRefusal | null> {
  if (file.status === 'rejected') return 'file_rejected';
  if (verdict.kind === 'refused') return verdict.reason;
  return verdict.kind === 'second' ? whatHolds(tx, file, instant) : null;
}

/** What holds the money of a file in this instant, under locks that last until the transaction ends; null when nothing does. */
async function whatHolds(
  tx: Db,
  file: BankFileRecord,
  { nowIso, balanceMaxAgeMs }: Instant,
): Promise<HoldReason | 'not_under_way' | null> {
  // What the bank takes at all was judged when the file was written.
  const provider = { refusal: null, partial: true };
  const verdict = await judgeBeforeLeaving(tx, file, nowIso, (facts) =>
    judgeInterlocks({ ...facts, provider, balanceMaxAgeMs }),
  );
  if (verdict === null) return 'not_under_way';
  // Nothing is called impossible that was instructed before.
  return verdict.kind === 'held' ? verdict.hold.reason : null;
}

/**
 * Marks a file that two persons have approved as released, in the instant before it leaves. Whatever would stop the payment
 * comes before this, and then the file goes on waiting, or after it, and then it is paid.
 * @returns null when it is released; else what keeps it
 */
export async function releaseBankFile(
  db: Database,
  key: { id: string; mode: Mode },
  nowIso: string,
  settings: PayoutSettings,
): Promise<BankFileRefusal | null> {
  return db.$transaction(async (tx) => {
    const file = await lockBankFile(tx, key);
    if (!file || file.status === 'rejected') return 'file_rejected';
    if (file.status !== 'waiting') return null;
    const why = await whatHolds(tx, file, { ...settings, nowIso });
    if (why !== null) return why;
    const now = new Date(nowIso);
    await tx.bankFile.update({
      where: { id: file.id },
      data: { status: 'released', releasedAt: now, updatedAt: now },
    });
    const data = { bankFileId: file.id, reference: file.reference, sha256: file.sha256 };
    await appendRefundAudit(tx, file.refundId, nowIso, [machine('bank_file.released', data)]);
    return null;
  });
}

/**
 * Takes a file back that has not been released, by the word of one person. The worker takes it out of its directory and
 * proves by that that nothing was paid. Each command counts once.
 * @returns null when there is no such file
 */
export async function rejectBankFile(
  db: Database,
  key: { id: string; mode: Mode },
  word: { personId: string; reason: string; commandId: string; at: string },
): Promise<{ refusal: BankFileRefusal | null; file: BankFileRecord } | null> {
  const { personId, reason, commandId, at } = word;
  return db.$transaction(async (tx) => {
    const file = await lockBankFile(tx, key);
    if (!file) return null;
    const said = await wordBefore(tx, commandId);
    if (said) return { ...said, file };
    const refusal =
      file.status === 'waiting' ? null : file.status === 'rejected' ? 'file_rejected' : ('already_released' as const);
    await noteWord(tx, commandId, refusal);
    if (refusal === null)
      await tx.bankFile.update({
        where: { id: file.id },
        data: {
          status: 'rejected',
          rejectedBy: personId,
          rejectionReason: reason,
          rejectedAt: new Date(at),
          updatedAt: new Date(at),
        },
      });
    await appendRefundAudit(tx, file.refundId, at, [
      {
        type: refusal === null ? 'bank_file.rejected' : 'bank_file.rejection_refused',
        actor: { kind: 'person', id: personId },
        data: {
          bankFileId: file.id,
          reference: file.reference,
          commandId,
          ...(refusal === null ? {} : { code: refusal }),
        },
      },
    ]);
    const after = await readBankFile(tx, file.mode, file.id);
    return after && { refusal, file: after };
  });
}

/** Rejected files that may still lie in their directory, oldest first. */
export async function listRejectedBankFiles(
  db: Db,
  account: { mode: Mode; merchantAccount: string },
  limit: number,
): Promise<BankFileRecord[]> {
  const rows = await db.bankFile.findMany({
    where: { ...account, status: 'rejected', withdrawnAt: null },
    include: withApprovals,
    orderBy: [{ rejectedAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(recordOf);
}

/** Writes down that a rejected file is out of its directory, once its refund has been told. */
export async function markBankFileWithdrawn(db: Db, id: string, nowIso: string): Promise<void> {
  const now = new Date(nowIso);
  await db.bankFile.updateMany({
    where: { id, status: 'rejected', withdrawnAt: null },
    data: { withdrawnAt: now, updatedAt: now },
  });
}

/** Records how far the directory says a file has come; never backwards. @returns false when nothing was new */
export async function moveBankFile(
  db: Database,
  key: { id: string; mode: Mode },
  to: 'released' | 'delivered',
  nowIso: string,
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const file = await lockBankFile(tx, key);
    if (!file || file.status === to || file.status === 'delivered' || file.status === 'rejected') return false;
    const now = new Date(nowIso);
    await tx.bankFile.update({
      where: { id: file.id },
      data: {
        status: to,
        updatedAt: now,
        ...(file.status === 'waiting' ? { releasedAt: now } : {}),
        ...(to === 'delivered' ? { deliveredAt: now } : {}),
      },
    });
    const data = { bankFileId: file.id, reference: file.reference, sha256: file.sha256 };
    await appendRefundAudit(tx, file.refundId, nowIso, [
      ...(file.status === 'waiting' ? [machine('bank_file.released', data)] : []),
      ...(to === 'delivered' ? [machine('bank_file.delivered', data)] : []),
    ]);
    return true;
  });
}

async function lockBankFile(tx: Db, { id, mode }: { id: string; mode: Mode }): Promise<BankFileRecord | null> {
  await tx.$queryRaw`SELECT 1 FROM bank_files WHERE id = ${id} AND mode = ${mode}::"Mode" FOR UPDATE`;
  return readBankFile(tx, mode, id);
}

const machine = (type: string, data: Record<string, unknown>): AuditEntry => ({
  type,
  actor: { kind: 'machine', id: null },
  data,
});

function recordOf(row: Row): BankFileRecord {
  return {
    id: row.id,
    mode: row.mode,
    merchantAccount: row.merchantAccount,
    reference: row.reference,
    refundId: row.refundId,
    amountMinor: toMinor(row.amountMinor),
    currency: row.currency,
    masked: row.masked,
    sha256: row.sha256,
    status: row.status as BankFileStatus,
    approvals: row.approvals.map(({ personId, at, sha256 }) => ({ personId, at: toIso(at), sha256 })),
    createdAt: toIso(row.createdAt),
    releasedAt: toIsoOrNull(row.releasedAt),
    deliveredAt: toIsoOrNull(row.deliveredAt),
    rejectedAt: toIsoOrNull(row.rejectedAt),
    rejectionReason: row.rejectionReason,
  };
}
