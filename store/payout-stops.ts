import { toIso, toIsoOrNull, type Database, type Db } from './client';
import type { Mode } from './refund-views';
import { auditWord, sayWord, type PersonAct, type TwoPersonStep, type WordOutcome } from './two-person';

/** What a stop keeps from being paid. */
export type StopScope =
  | { scope: 'all' }
  | { scope: 'provider'; provider: string }
  | { scope: 'merchant_account'; provider: string; merchantAccount: string }
  | { scope: 'branch'; branch: string };

export const STOP_SCOPES = ['all', 'provider', 'merchant_account', 'branch'] as const;
export const STOP_STATES = ['proposed', 'active', 'lifted'] as const;
export type StopState = (typeof STOP_STATES)[number];

export interface PayoutStopRecord {
  id: string;
  scope: StopScope['scope'];
  provider: string | null;
  merchantAccount: string | null;
  branch: string | null;
  reason: string;
  state: StopState;
  proposedBy: string;
  proposedAt: string;
  confirmedBy: string | null;
  confirmedAt: string | null;
  liftProposedBy: string | null;
  liftProposedAt: string | null;
  liftConfirmedBy: string | null;
  liftConfirmedAt: string | null;
}

/** Proposes a stop; nothing is stopped before another person confirms it. The same id twice is one proposal. */
export async function proposePayoutStop(
  db: Database,
  act: PersonAct,
  stop: { id: string; reason: string } & StopScope,
): Promise<PayoutStopRecord> {
  return await db.$transaction(async (tx) => {
    const written = await tx.payoutStop.createMany({
      data: { ...stop, mode: act.mode, proposedBy: act.personId, proposedAt: new Date(act.nowIso) },
      skipDuplicates: true,
    });
    const record = recordOf(await tx.payoutStop.findUniqueOrThrow({ where: { id: stop.id } }));
    if (written.count === 1) await auditWord(tx, act, 'payout_stop.proposed', factsOf(record));
    return record;
  });
}

/** The second person's word: the stop is in force when this answers. */
export async function confirmPayoutStop(
  db: Database,
  act: PersonAct,
  id: string,
): Promise<WordOutcome<PayoutStopRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'payout_stop.confirmed',
    waiting: (stop) => {
      if (stop.state === 'proposed') return { personId: stop.proposedBy, at: stop.proposedAt };
      return stop.state === 'active' && stop.confirmedBy === act.personId ? 'repeated' : null;
    },
    write: async (tx) =>
      recordOf(
        await tx.payoutStop.update({
          where: { id },
          data: { state: 'active', confirmedBy: act.personId, confirmedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** One person proposes to lift a stop in force; a later proposal takes the place of one that nobody confirmed. */
export async function proposeLift(db: Database, act: PersonAct, id: string): Promise<WordOutcome<PayoutStopRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'payout_stop.lift_proposed',
    waiting: (stop) => {
      if (stop.state !== 'active') return null;
      return stop.liftProposedBy === act.personId ? 'repeated' : 'alone';
    },
    write: async (tx) =>
      recordOf(
        await tx.payoutStop.update({
          where: { id },
          data: { liftProposedBy: act.personId, liftProposedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** Another person confirms the lift: payments are no longer held by this stop. */
export async function confirmLift(db: Database, act: PersonAct, id: string): Promise<WordOutcome<PayoutStopRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'payout_stop.lifted',
    waiting: (stop) => {
      if (stop.state === 'lifted') return stop.liftConfirmedBy === act.personId ? 'repeated' : null;
      if (stop.state !== 'active' || stop.liftProposedBy === null || stop.liftProposedAt === null) return null;
      return { personId: stop.liftProposedBy, at: stop.liftProposedAt };
    },
    write: async (tx) =>
      recordOf(
        await tx.payoutStop.update({
          where: { id },
          data: { state: 'lifted', liftConfirmedBy: act.personId, liftConfirmedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** Every stop of a mode, newest first; those in one state where one is named. */
export async function listPayoutStops(db: Db, mode: Mode, state?: StopState): Promise<PayoutStopRecord[]> {
  const rows = await db.payoutStop.findMany({
    where: { mode, ...(state === undefined ? {} : { state }) },
    orderBy: [{ proposedAt: 'desc' }, { id: 'desc' }],
    take: MAX_LISTED,
  });
  return rows.map(recordOf);
}

/** Stops are rare; a list that is longer than this shows the newest. */
const MAX_LISTED = 500;

const stepOf = (act: PersonAct, id: string): Pick<TwoPersonStep<PayoutStopRecord>, 'load' | 'facts'> => ({
  load: async (tx) => {
    await tx.$queryRaw`SELECT id FROM payout_stops WHERE id = ${id} FOR UPDATE`;
    const row = await tx.payoutStop.findFirst({ where: { id, mode: act.mode } });
    return row && recordOf(row);
  },
  facts: factsOf,
});

/** The reason is a text of people: it stays in the row. */
const factsOf = (stop: PayoutStopRecord): Record<string, unknown> => ({
  payoutStopId: stop.id,
  scope: stop.scope,
  provider: stop.provider,
  merchantAccount: stop.merchantAccount,
  branch: stop.branch,
});

const recordOf = (row: {
  id: string;
  scope: string;
  provider: string | null;
  merchantAccount: string | null;
  branch: string | null;
  reason: string;
  state: string;
  proposedBy: string;
  proposedAt: Date;
  confirmedBy: string | null;
  confirmedAt: Date | null;
  liftProposedBy: string | null;
  liftProposedAt: Date | null;
  liftConfirmedBy: string | null;
  liftConfirmedAt: Date | null;
}): PayoutStopRecord => ({
  id: row.id,
  scope: row.scope as PayoutStopRecord['scope'],
  provider: row.provider,
  merchantAccount: row.merchantAccount,
  branch: row.branch,
  reason: row.reason,
  state: row.state as StopState,
  proposedBy: row.proposedBy,
  proposedAt: toIso(row.proposedAt),
  confirmedBy: row.confirmedBy,
  confirmedAt: toIsoOrNull(row.confirmedAt),
  liftProposedBy: row.liftProposedBy,
  liftProposedAt: toIsoOrNull(row.liftProposedAt),
  liftConfirmedBy: row.liftConfirmedBy,
  liftConfirmedAt: toIsoOrNull(row.liftConfirmedAt),
});
