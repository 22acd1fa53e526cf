import {
  fingerprintShown,
  judgeConfirmation,
  judgeSecondEntry,
  MAX_MISMATCHES,
  statusAt,
  type ConfirmationRefusal,
  type DestinationFacts,
  type DestinationStatus,
  type Enterer,
  type PayeeCheck,
  type RevocationReason,
  type SecondEntryVerdict,
} from '../domain/destination';
import { appendRefundAudit, appendSharedAudit, type AuditEntry } from './audit';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import type { Prisma } from './generated/prisma/client';

type Mode = 'live' | 'test';

/** A payee's account as it is kept: where the money goes is sealed. */
export interface DestinationRecord extends DestinationFacts {
  id: string;
  mode: Mode;
  customerId: string;
  refundId: string | null;
  country: string;
  /** Opens with the cipher at `destinationPlace(record)`. */
  ciphertext: string;
  keyId: string;
  fingerprint: string;
  indexKeyId: string;
  masked: string;
  firstEnteredAt: string;
  secondEnteredAt: string | null;
  payeeCheckedAt: string | null;
  confirmedAt: string | null;
  replacesId: string | null;
  revokedAt: string | null;
  revokedReason: RevocationReason | null;
  createdAt: string;
}

export interface NewDestination {
  id: string;
  mode: Mode;
  customerId: string;
  refundId: string | null;
  country: string;
  ciphertext: string;
  keyId: string;
  fingerprint: string;
  indexKeyId: string;
  masked: string;
  by: Enterer;
  /** The destination that this one takes the place of; it is revoked at once. */
  replacesId: string | null;
  commandId: string;
}

/** Who did something to a destination, by which command. */
export interface DestinationActor {
  by: Enterer;
  commandId: string;
}

/** The cell that a destination's account is sealed for. */
export const destinationPlace = ({ id, mode }: { id: string; mode: Mode }) => ({
  table: 'destinations',
  column: 'ciphertext',
  rowId: id,
  mode,
});

/**
 * Keeps a first entry. A command that has entered already is answered with what it entered.
 * @returns `cannot_replace` when the destination to be replaced is not one of this customer, is revoked, or has been replaced
 */
export async function createDestination(
  db: Database,
  input: NewDestination,
  nowIso: string,
): Promise<DestinationRecord | 'cannot_replace'> {
  const { by, keyId, replacesId, ...columns } = input;
  const now = new Date(nowIso);
  return db.$transaction(async (tx) => {
    const entered = await tx.destination.findUnique({ where: { commandId: input.commandId } });
    if (entered) return recordOf(entered);
    if (replacesId !== null) {
      const old = await tx.destination.findUnique({ where: { id: replacesId }, select: { refundId: true } });
      await lockRefunds(tx, [input.refundId, old?.refundId ?? null]);
      const replaced = await lockDestination(tx, input.mode, replacesId);
      const isFree = replaced?.customerId === input.customerId && replaced.status !== 'revoked';
      if (!isFree || (await tx.destination.count({ where: { replacesId } })) > 0) return 'cannot_replace';
      await revoke(tx, replaced, 'replaced', { by, commandId: input.commandId }, nowIso);
    }
    const row = await tx.destination.create({
      data: {
        ...columns,
        keyId,
        replacesId,
        firstEnteredKind: by.kind,
        firstEnteredBy: by.id,
        firstEnteredAt: now,
        createdAt: now,
        updatedAt: now,
      },
    });
    await useUp(tx, input.commandId, null);
    const record = recordOf(row);
    await note(tx, record, by, nowIso, 'destination.entered', {
      commandId: input.commandId,
      keyId,
      ...(replacesId === null ? {} : { replacesId }),
    });
    return record;
  });
}

/** A destination of this mode, or null. */
export async function readDestination(db: Db, mode: Mode, id: string): Promise<DestinationRecord | null> {
  const row = await db.destination.findFirst({ where: { id, mode } });
  return row && recordOf(row);
}

/**
 * How many other customers have the same account among theirs, whoever is named as its holder.
 * @param fingerprints of the account, under every key that rows may be indexed with
 */
export async function countOtherHolders(
  db: Db,
  destination: DestinationRecord,
  fingerprints: readonly string[],
): Promise<number> {
  const others = await db.destination.findMany({
    where: {
      mode: destination.mode,
      fingerprint: { in: [...fingerprints] },
      customerId: { not: destination.customerId },
    },
    distinct: ['customerId'],
    select: { customerId: true },
  });
  return others.length;
}

/**
 * Judges and records the second entry, under the row's lock. Each command counts once: what it came to is answered again.
 * @param isSame opens what is sealed and compares
 * @returns null when there is no such destination
 */
export async function enterDestinationAgain(
  db: Database,
  key: { id: string; mode: Mode },
  actor: DestinationActor,
  isSame: (destination: DestinationRecord) => boolean,
  coolingOffMs: number,
  nowIso: string,
): Promise<{ verdict: SecondEntryVerdict; destination: DestinationRecord } | null> {
  return db.$transaction(async (tx) => {
    const destination = await lockDestination(tx, key.mode, key.id);
    if (!destination) return null;
    const used = await outcomeOf(tx, actor.commandId);
    if (used) return { verdict: verdictAgain(used, destination), destination };
    const verdict = judgeSecondEntry(destination, actor.by, isSame(destination));
    const { commandId, by } = actor;
    switch (verdict.kind) {
      case 'equal': {
        await useUp(tx, commandId, null);
        const usableFrom = new Date(Date.parse(nowIso) + coolingOffMs);
        const after = await change(tx, destination.id, nowIso, {
          status: 'cooling_off',
          secondEnteredKind: by.kind,
          secondEnteredBy: by.id,
          secondEnteredAt: new Date(nowIso),
          usableFrom,
        });
        const data = { commandId, usableFrom: usableFrom.toISOString() };
        await note(tx, after, by, nowIso, 'destination.entered_again', data);
        return { verdict, destination: after };
      }
      case 'differs':
      case 'revoked': {
        await useUp(tx, commandId, 'entries_differ');
        let after = await change(tx, destination.id, nowIso, {
          mismatches: { increment: 1 },
          ...(verdict.kind === 'revoked' ? revocation('entries_differ', nowIso) : {}),
        });
        await note(tx, after, by, nowIso, 'destination.entries_differ', { commandId, mismatches: after.mismatches });
        if (verdict.kind === 'revoked')
          await note(tx, after, by, nowIso, 'destination.revoked', { commandId, reason: 'entries_differ' });
        return { verdict, destination: after };
      }
      case 'refused': {
        await useUp(tx, commandId, verdict.reason);
        await note(tx, destination, by, nowIso, 'destination.entry_refused', { commandId, code: verdict.reason });
        return { verdict, destination };
      }
    }
  });
}

/** Records the word of a person that the name is right. @returns null when there is no such destination */
export async function confirmDestination(
  db: Database,
  key: { id: string; mode: Mode },
  actor: DestinationActor,
  nowIso: string,
): Promise<{ refusal: ConfirmationRefusal | null; destination: DestinationRecord } | null> {
  return db.$transaction(async (tx) => {
    const destination = await lockDestination(tx, key.mode, key.id);
    if (!destination) return null;
    const { commandId, by } = actor;
    const used = await outcomeOf(tx, commandId);
    if (used) return { refusal: used.refusalCode as ConfirmationRefusal | null, destination };
    const refusal = judgeConfirmation(destination, by.id);
    await useUp(tx, commandId, refusal);
    if (refusal !== null) {
      await note(tx, destination, by, nowIso, 'destination.confirmation_refused', { commandId, code: refusal });
      return { refusal, destination };
    }
    const after = await change(tx, destination.id, nowIso, { confirmedBy: by.id, confirmedAt: new Date(nowIso) });
    await note(tx, after, by, nowIso, 'destination.confirmed', { commandId, payeeCheck: after.payeeCheck });
    return { refusal, destination: after };
  });
}

/** Revokes for ever; what is revoked already stays as it is. @returns null when there is no such destination */
export async function revokeDestination(
  db: Database,
  key: { id: string; mode: Mode },
  actor: DestinationActor,
  nowIso: string,
): Promise<DestinationRecord | null> {
  return db.$transaction(async (tx) => {
    const destination = await lockDestination(tx, key.mode, key.id);
    if (!destination) return null;
    await useUp(tx, actor.commandId, null);
    if (destination.status === 'revoked') return destination;
    return revoke(tx, destination, 'by_request', actor, nowIso);
  });
}

/** Destinations that were entered twice and whose name nobody has checked yet, oldest first. */
export async function listUncheckedDestinations(db: Db, limit: number): Promise<DestinationRecord[]> {
  const rows = await db.destination.findMany({
    where: { status: 'cooling_off', payeeCheck: null },
    orderBy: [{ secondEnteredAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(recordOf);
}

/** Records what the payee's bank says of the name, once; a name that is none of the account's revokes. */
export async function recordPayeeCheck(
  db: Database,
  key: { id: string; mode: Mode },
  result: PayeeCheck,
  nowIso: string,
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const destination = await lockDestination(tx, key.mode, key.id);
    if (destination?.status !== 'cooling_off' || destination.payeeCheck !== null) return false;
    const after = await change(tx, destination.id, nowIso, {
      payeeCheck: result,
      payeeCheckedAt: new Date(nowIso),
      ...(result === 'no_match' ? revocation('payee_no_match', nowIso) : {}),
    });
    await note(tx, after, null, nowIso, 'destination.payee_checked', { payeeCheck: result });
    if (result === 'no_match') await note(tx, after, null, nowIso, 'destination.revoked', { reason: 'payee_no_match' });
    return true;
  });
}

/**
 * The destination that an attempt goes to, as it stands at an instant: what time has made usable is recorded as usable.
 * @returns null when the attempt goes to none
 */
export async function readDestinationOfAttempt(
  db: Database,
  reference: string,
  nowIso: string,
): Promise<DestinationRecord | null> {
  const attempt = await db.paymentAttempt.findUnique({
    where: { reference },
    select: { destination: { select: { id: true, mode: true } } },
  });
  const key = attempt?.destination;
  if (!key) return null;
  return db.$transaction(async (tx) => {
    const destination = await lockDestination(tx, key.mode, key.id);
    if (!destination || destination.status === statusAt(destination, nowIso)) return destination;
    const after = await change(tx, destination.id, nowIso, { status: 'usable' });
    await note(tx, after, null, nowIso, 'destination.usable', {});
    return after;
  });
}

/** The keys of today: of the seal and of the index. */
export interface CurrentKeys {
  keyId: string;
  indexKeyId: string;
}

/** Destinations that another key than these has sealed or indexed, in the order of their ids, behind `afterId`. */
export async function listDestinationsUnderOtherKeys(
  db: Db,
  { keyId, indexKeyId }: CurrentKeys,
  page: { afterId: string; limit: number },
): Promise<DestinationRecord[]> {
  const rows = await db.destination.findMany({
    where: {
      id: { gt: page.afterId },
      OR: [{ keyId: { not: keyId } }, { indexKeyId: { not: indexKeyId } }],
    },
    orderBy: { id: 'asc' },
    take: page.limit,
  });
  return rows.map(recordOf);
}

/** A destination's account under the keys of today; what is under them already is left out. */
export interface RenewedDestination {
  sealed?: { ciphertext: string; keyId: string };
  indexed?: { fingerprint: string; indexKeyId: string };
}

/**
 * Puts what the current keys say of an account in place of what earlier ones did. What decisions are bound to names the
 * earlier fingerprint, so the audit says which one took its place.
 * @returns false when it has changed meanwhile
 */
export async function renewDestination(
  db: Database,
  destination: DestinationRecord,
  { sealed, indexed }: RenewedDestination,
  nowIso: string,
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const current = await lockDestination(tx, destination.mode, destination.id);
    const isSame = current?.ciphertext === destination.ciphertext && current.indexKeyId === destination.indexKeyId;
    if (!isSame) return false;
    const after = await change(tx, destination.id, nowIso, { ...sealed, ...indexed });
    if (sealed) await note(tx, after, null, nowIso, 'destination.resealed', { keyId: sealed.keyId });
    if (indexed)
      await note(tx, after, null, nowIso, 'destination.reindexed', {
        indexKeyId: indexed.indexKeyId,
        was: fingerprintShown(destination.fingerprint),
        is: fingerprintShown(indexed.fingerprint),
      });
    return true;
  });
}

/** Notes that an account could not be opened where it stands: somebody has altered or moved it. */
export async function noteSealBroken(db: Database, destination: DestinationRecord, nowIso: string): Promise<void> {
  await db.$transaction((tx) => note(tx, destination, null, nowIso, 'destination.seal_broken', {}));
}

/** Notes that an account was opened to be written into a payment order. */
export async function noteDestinationOpened(
  db: Database,
  destination: DestinationRecord,
  payment: { reference: string },
  nowIso: string,
): Promise<void> {
  await db.$transaction((tx) =>
    note(tx, destination, null, nowIso, 'destination.opened', { reference: payment.reference }),
  );
}

/** Locks in the order of the record step and of the interlocks: the refund whose chain is written to, then the destination. */
async function lockDestination(tx: Db, mode: Mode, id: string): Promise<DestinationRecord | null> {
  // Which refund it is never changes, so it may be read before the lock.
  const seen = await tx.destination.findUnique({ where: { id }, select: { refundId: true } });
  await lockRefunds(tx, [seen?.refundId ?? null]);
  await tx.$queryRaw`SELECT 1 FROM destinations WHERE id = ${id} AND mode = ${mode}::"Mode" FOR UPDATE`;
  return readDestination(tx, mode, id);
}

/** In one order, whoever locks. */
async function lockRefunds(tx: Db, ids: (string | null)[]): Promise<void> {
  const named = ids.filter((id) => id !== null);
  if (named.length > 0) await tx.$queryRaw`SELECT 1 FROM refunds WHERE id = ANY(${named}) ORDER BY id FOR UPDATE`;
}

const revocation = (reason: RevocationReason, nowIso: string) => ({
  status: 'revoked' as const satisfies DestinationStatus,
  revokedAt: new Date(nowIso),
  revokedReason: reason,
});

async function revoke(
  tx: Db,
  destination: DestinationRecord,
  reason: RevocationReason,
  actor: DestinationActor,
  nowIso: string,
): Promise<DestinationRecord> {
  const after = await change(tx, destination.id, nowIso, revocation(reason, nowIso));
  await note(tx, after, actor.by, nowIso, 'destination.revoked', { commandId: actor.commandId, reason });
  return after;
}

async function change(
  tx: Db,
  id: string,
  nowIso: string,
  data: Prisma.DestinationUpdateInput,
): Promise<DestinationRecord> {
  return recordOf(await tx.destination.update({ where: { id }, data: { ...data, updatedAt: new Date(nowIso) } }));
}

/** Uses a command up with what it came to, so that it counts once. */
async function useUp(tx: Db, commandId: string, refusalCode: string | null): Promise<void> {
  await tx.command.updateMany({
    where: { id: commandId, outcome: 'open' },
    data: refusalCode === null ? { outcome: 'done' } : { outcome: 'refused', refusalCode },
  });
}

/** What a command has come to; null when nobody has used it. */
async function outcomeOf(tx: Db, commandId: string): Promise<{ refusalCode: string | null } | null> {
  const command = await tx.command.findUnique({
    where: { id: commandId },
    select: { outcome: true, refusalCode: true },
  });
  return command === null || command.outcome === 'open' ? null : { refusalCode: command.refusalCode };
}

/** The verdict that a command was answered with before. */
function verdictAgain(used: { refusalCode: string | null }, destination: DestinationRecord): SecondEntryVerdict {
  if (used.refusalCode === null) return { kind: 'equal' };
  if (used.refusalCode === 'same_person' || used.refusalCode === 'not_draft')
    return { kind: 'refused', reason: used.refusalCode };
  return destination.status === 'revoked'
    ? { kind: 'revoked' }
    : { kind: 'differs', left: MAX_MISMATCHES - destination.mismatches };
}

/** In the refund's own chain when the destination was entered for one. */
async function note(
  tx: Db,
  destination: DestinationRecord,
  by: Enterer | null,
  nowIso: string,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  const entry: AuditEntry = {
    type,
    actor: by ?? { kind: 'machine', id: null },
    data: { destinationId: destination.id, ...data },
  };
  if (destination.refundId !== null) await appendRefundAudit(tx, destination.refundId, nowIso, [entry]);
  else await appendSharedAudit(tx, 'destinations', destination.mode, nowIso, [entry]);
}

function recordOf(row: Prisma.DestinationGetPayload<object>): DestinationRecord {
  return {
    id: row.id,
    mode: row.mode,
    customerId: row.customerId,
    refundId: row.refundId,
    country: row.country,
    ciphertext: row.ciphertext,
    keyId: row.keyId,
    fingerprint: row.fingerprint,
    indexKeyId: row.indexKeyId,
    masked: row.masked,
    status: row.status as DestinationStatus,
    firstEntered: { kind: row.firstEnteredKind as Enterer['kind'], id: row.firstEnteredBy },
    firstEnteredAt: toIso(row.firstEnteredAt),
    secondEntered:
      row.secondEnteredBy === null ? null : { kind: row.secondEnteredKind as Enterer['kind'], id: row.secondEnteredBy },
    secondEnteredAt: toIsoOrNull(row.secondEnteredAt),
    usableFrom: toIsoOrNull(row.usableFrom),
    mismatches: row.mismatches,
    payeeCheck: row.payeeCheck as PayeeCheck | null,
    payeeCheckedAt: toIsoOrNull(row.payeeCheckedAt),
    confirmedBy: row.confirmedBy,
    confirmedAt: toIsoOrNull(row.confirmedAt),
    replacesId: row.replacesId,
    revokedAt: toIsoOrNull(row.revokedAt),
    revokedReason: row.revokedReason as RevocationReason | null,
    createdAt: toIso(row.createdAt),
  };
}

/** The destination that the attempt of this reference goes to, as it is stored; null when it goes to none. */
export async function readDestinationOfReference(db: Db, reference: string): Promise<DestinationRecord | null> {
  const attempt = await db.paymentAttempt.findUnique({ where: { reference }, select: { destination: true } });
  return attempt?.destination ? recordOf(attempt.destination) : null;
}
