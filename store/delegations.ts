import type { DelegationRefusal } from '../domain/approval';
import { DECIDING_ROLES } from '../domain/policy';
import { appendSharedAudit } from './audit';
import { toIso, toIsoOrNull, toMinor, type Database, type Db } from './client';
import { ENDS_AT } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';
import type { PersonAct } from './two-person';

/** Where a delegation stands at an instant. */
export const DELEGATION_STATES = ['upcoming', 'in_force', 'ended', 'revoked'] as const;
export type DelegationState = (typeof DELEGATION_STATES)[number];

/** A member of staff as colleagues read of them. */
export interface NamedPerson {
  id: string;
  externalId: string;
  name: string;
}

export interface DelegationRecord {
  id: string;
  delegator: NamedPerson;
  /** Null: the delegator is away, and nobody decides in their place. */
  delegate: NamedPerson | null;
  from: string;
  until: string;
  cap: { amountMinor: number; currency: string } | null;
  note: string | null;
  createdBy: string;
  createdAt: string;
  revokedBy: string | null;
  revokedAt: string | null;
}

export interface NewDelegation {
  id: string;
  /** Ids of Redress or of the shop's own staff list. */
  delegator: string | null;
  delegate: string | null;
  from: string;
  until: string;
  cap: { amountMinor: number; currency: string } | null;
  note: string | null;
}

export type DelegationOutcome =
  | { kind: 'done'; row: DelegationRecord }
  | { kind: 'refused'; reason: DelegationRefusal }
  | { kind: 'overlaps'; delegationId: string }
  | { kind: 'unknown_person'; who: string };

/**
 * Writes a delegation for the person who acts or, by an administrator, for another one. The same id twice is one delegation.
 * Delegators queue: two absences of one person that overlap are refused, not raced.
 * @param isAdmin whether the actor may speak for others.
 */
export async function createDelegation(
  db: Database,
  act: PersonAct,
  isAdmin: boolean,
  input: NewDelegation,
): Promise<DelegationOutcome> {
  return await db.$transaction(async (tx) => {
    const known = await tx.delegation.findUnique({ where: { id: input.id }, include: PEOPLE });
    if (known) return { kind: 'done', row: recordOf(known) };
    const delegator = await findStaff(tx, act.mode, input.delegator ?? act.personId);
    if (!delegator) return { kind: 'unknown_person', who: input.delegator ?? act.personId };
    const delegate = input.delegate === null ? null : await findStaff(tx, act.mode, input.delegate);
    if (input.delegate !== null && !delegate) return { kind: 'unknown_person', who: input.delegate };
    const refusal = refusalOf(act, isAdmin, delegator, delegate);
    if (refusal) return { kind: 'refused', reason: refusal };
    // Not FOR UPDATE: the row of another delegation that names this person as delegate holds its key.
    await tx.$queryRaw`SELECT id FROM people WHERE id = ${delegator.id} FOR NO KEY UPDATE`;
    const [other] = await tx.$queryRaw<{ id: string }[]>`
      SELECT d.id FROM delegations d
      WHERE d.delegator_id = ${delegator.id} AND d.revoked_at IS NULL
        AND tstzrange(d.from_at, d.until_at) && tstzrange(${input.from}::timestamptz, ${input.until}::timestamptz)
      ORDER BY d.from_at LIMIT 1`;
    if (other) return { kind: 'overlaps', delegationId: other.id };
    const row = await tx.delegation.create({
      data: {
        id: input.id,
        mode: act.mode,
        delegatorId: delegator.id,
        delegateId: delegate?.id ?? null,
        fromAt: new Date(input.from),
        untilAt: new Date(input.until),
        capMinor: input.cap?.amountMinor ?? null,
        capCurrency: input.cap?.currency ?? null,
        note: input.note,
        createdBy: act.personId,
        createdAt: new Date(act.nowIso),
      },
      include: PEOPLE,
    });
    const record = recordOf(row);
    await audit(tx, act, 'delegation.created', record);
    return { kind: 'done', row: record };
  });
}

function refusalOf(
  act: PersonAct,
  isAdmin: boolean,
  delegator: Staff,
  delegate: Staff | null,
): DelegationRefusal | null {
  if (delegator.id !== act.personId && !isAdmin) return 'not_yours';
  if (!delegate) return null;
  if (delegate.id === delegator.id) return 'oneself';
  if (delegate.id === act.personId) return 'own_gain';
  return delegator.roles.some((role) => (DECIDING_ROLES as readonly string[]).includes(role))
    ? null
    : 'nothing_to_lend';
}

/**
 * Ends a delegation now, by its delegator or an administrator; what has ended already stays as it is. Decisions that it was
 * used for stand.
 * @returns null where there is none that this person may end
 */
export async function revokeDelegation(
  db: Database,
  act: PersonAct,
  isAdmin: boolean,
  id: string,
): Promise<DelegationRecord | null> {
  return await db.$transaction(async (tx) => {
    const written = await tx.delegation.updateMany({
      where: {
        id,
        mode: act.mode,
        revokedAt: null,
        untilAt: { gt: new Date(act.nowIso) },
        ...(isAdmin ? {} : { delegatorId: act.personId }),
      },
      data: { revokedAt: new Date(act.nowIso), revokedBy: act.personId },
    });
    const row = await tx.delegation.findFirst({
      where: { id, mode: act.mode, ...(isAdmin ? {} : { delegatorId: act.personId }) },
      include: PEOPLE,
    });
    if (!row) return null;
    const record = recordOf(row);
    if (written.count === 1) await audit(tx, act, 'delegation.revoked', record);
    return record;
  });
}

/**
 * Delegations, those that begin last first.
 * @param filter.personId only those in which this person is one of the two; null: everybody's.
 */
export async function listDelegations(
  db: Db,
  filter: { mode: Mode; personId: string | null; state?: DelegationState | undefined; at: string },
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<{ rows: DelegationRecord[]; next: { at: string; id: string } | null }> {
  const { mode, personId, state, at, after } = { ...filter, ...page };
  const ids = await db.$queryRaw<{ id: string }[]>`
    SELECT d.id FROM delegations d
    WHERE d.mode = ${mode}::"Mode"
      AND (${personId}::text IS NULL OR d.delegator_id = ${personId} OR d.delegate_id = ${personId})
      AND (${after?.at ?? null}::timestamptz IS NULL OR (d.from_at, d.id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? ''}))
      AND ${state ? stateIs(state, at) : Prisma.sql`true`}
    ORDER BY d.from_at DESC, d.id DESC
    LIMIT ${page.limit + 1}::int`;
  const rows = await db.delegation.findMany({
    where: { id: { in: ids.slice(0, page.limit).map(({ id }) => id) } },
    include: PEOPLE,
    orderBy: [{ fromAt: 'desc' }, { id: 'desc' }],
  });
  const last = rows.at(-1);
  return {
    rows: rows.map(recordOf),
    next: ids.length > page.limit && last ? { at: toIso(last.fromAt), id: last.id } : null,
  };
}

function stateIs(state: DelegationState, at: string): Prisma.Sql {
  const now = Prisma.sql`${at}::timestamptz`;
  switch (state) {
    case 'revoked':
      return Prisma.sql`d.revoked_at IS NOT NULL`;
    case 'upcoming':
      return Prisma.sql`d.revoked_at IS NULL AND d.from_at > ${now}`;
    case 'in_force':
      return Prisma.sql`d.from_at <= ${now} AND ${ENDS_AT} > ${now}`;
    case 'ended':
      return Prisma.sql`d.revoked_at IS NULL AND d.until_at <= ${now}`;
  }
}

/** Where a delegation stands at an instant. */
export function delegationStateAt(
  { from, until, revokedAt }: Pick<DelegationRecord, 'from' | 'until' | 'revokedAt'>,
  at: string,
): DelegationState {
  if (revokedAt !== null) return 'revoked';
  if (until <= at) return 'ended';
  return from <= at ? 'in_force' : 'upcoming';
}

type Staff = NamedPerson & { roles: string[] };

/** A person who works here, by either id. */
async function findStaff(tx: Db, mode: Mode, id: string): Promise<Staff | null> {
  const person = await tx.person.findFirst({
    where: { mode, active: true, OR: [{ id }, { externalId: id }] },
    include: { roles: { select: { role: true } } },
  });
  return person && { ...person, roles: person.roles.map(({ role }) => role) };
}

async function audit(tx: Db, act: PersonAct, type: string, record: DelegationRecord): Promise<void> {
  const isOwn = record.delegator.id === act.personId;
  await appendSharedAudit(tx, 'configuration', act.mode, act.nowIso, [
    {
      type,
      actor: { kind: 'person', id: act.personId, onBehalfOf: isOwn ? null : record.delegator.id },
      data: {
        delegationId: record.id,
        delegatorId: record.delegator.id,
        delegateId: record.delegate?.id ?? null,
        from: record.from,
        until: record.until,
        cap: record.cap,
        commandId: act.commandId,
      },
    },
  ]);
}

const NAMED = { select: { id: true, externalId: true, name: true } } as const;
const PEOPLE = { delegator: NAMED, delegate: NAMED } satisfies Prisma.DelegationInclude;

const recordOf = (row: Prisma.DelegationGetPayload<{ include: typeof PEOPLE }>): DelegationRecord => ({
  id: row.id,
  delegator: row.delegator,
  delegate: row.delegate,
  from: toIso(row.fromAt),
  until: toIso(row.untilAt),
  cap:
    row.capMinor === null || row.capCurrency === null
      ? null
      : { amountMinor: toMinor(row.capMinor), currency: row.capCurrency },
  note: row.note,
  createdBy: row.createdBy,
  createdAt: toIso(row.createdAt),
  revokedBy: row.revokedBy,
  revokedAt: toIsoOrNull(row.revokedAt),
});
