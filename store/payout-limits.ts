import { toIso, toIsoOrNull, toMinor, type Database, type Db } from './client';
import type { Mode } from './refund-views';
import { auditWord, sayWord, type PersonAct, type WordOutcome } from './two-person';

export const LIMIT_KINDS = ['daily_cap', 'exposure', 'floor'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];
export const LIMIT_STATES = ['proposed', 'active', 'replaced'] as const;
export type LimitState = (typeof LIMIT_STATES)[number];

/** What a limit counts: one account, one provider or, with nulls, all of them together; always one currency. */
export interface PayoutLimitInput {
  kind: LimitKind;
  provider: string | null;
  merchantAccount: string | null;
  currency: string;
  /** Minor units; null: no limit any more. */
  amountMinor: number | null;
}

export interface PayoutLimitRecord extends PayoutLimitInput {
  id: string;
  state: LimitState;
  proposedBy: string;
  proposedAt: string;
  confirmedBy: string | null;
  confirmedAt: string | null;
  endedAt: string | null;
}

/** Proposes a limit; what is in force stays so until another person confirms it. The same id twice is one proposal. */
export async function proposePayoutLimit(
  db: Database,
  act: PersonAct,
  limit: { id: string } & PayoutLimitInput,
): Promise<PayoutLimitRecord> {
  return await db.$transaction(async (tx) => {
    const amountMinor = limit.amountMinor === null ? null : BigInt(limit.amountMinor);
    const written = await tx.payoutLimit.createMany({
      data: { ...limit, amountMinor, mode: act.mode, proposedBy: act.personId, proposedAt: new Date(act.nowIso) },
      skipDuplicates: true,
    });
    const record = recordOf(await tx.payoutLimit.findUniqueOrThrow({ where: { id: limit.id } }));
    if (written.count === 1) await auditWord(tx, act, 'payout_limit.proposed', factsOf(record));
    return record;
  });
}

/** The second person's word: the limit is in force, and ends the one of its kind and scope. */
export async function confirmPayoutLimit(
  db: Database,
  act: PersonAct,
  id: string,
): Promise<WordOutcome<PayoutLimitRecord>> {
  return sayWord(db, act, {
    event: 'payout_limit.confirmed',
    facts: factsOf,
    load: async (tx) => {
      await tx.$queryRaw`SELECT id FROM payout_limits WHERE id = ${id} FOR UPDATE`;
      const row = await tx.payoutLimit.findFirst({ where: { id, mode: act.mode } });
      return row && recordOf(row);
    },
    waiting: (limit) => {
      if (limit.state === 'proposed') return { personId: limit.proposedBy, at: limit.proposedAt };
      return limit.state === 'active' && limit.confirmedBy === act.personId ? 'repeated' : null;
    },
    write: async (tx, { kind, provider, merchantAccount, currency }) => {
      const at = new Date(act.nowIso);
      await tx.payoutLimit.updateMany({
        where: { mode: act.mode, state: 'active', kind, provider, merchantAccount, currency },
        data: { state: 'replaced', endedAt: at },
      });
      return recordOf(
        await tx.payoutLimit.update({
          where: { id },
          data: { state: 'active', confirmedBy: act.personId, confirmedAt: at },
        }),
      );
    },
  });
}

/** The limits of a mode, newest first; those in one state where one is named. */
export async function listPayoutLimits(db: Db, mode: Mode, state?: LimitState): Promise<PayoutLimitRecord[]> {
  const rows = await db.payoutLimit.findMany({
    where: { mode, ...(state === undefined ? {} : { state }) },
    orderBy: [{ proposedAt: 'desc' }, { id: 'desc' }],
    take: MAX_LISTED,
  });
  return rows.map(recordOf);
}

/** Limits are few; a list that is longer than this shows the newest. */
const MAX_LISTED = 500;

const factsOf = ({ id, kind, provider, merchantAccount, currency, amountMinor }: PayoutLimitRecord) => ({
  payoutLimitId: id,
  kind,
  provider,
  merchantAccount,
  currency,
  amountMinor,
});

const recordOf = (row: {
  id: string;
  kind: string;
  provider: string | null;
  merchantAccount: string | null;
  currency: string;
  amountMinor: bigint | null;
  state: string;
  proposedBy: string;
  proposedAt: Date;
  confirmedBy: string | null;
  confirmedAt: Date | null;
  endedAt: Date | null;
}): PayoutLimitRecord => ({
  id: row.id,
  kind: row.kind as LimitKind,
  provider: row.provider,
  merchantAccount: row.merchantAccount,
  currency: row.currency,
  amountMinor: row.amountMinor === null ? null : toMinor(row.amountMinor),
  state: row.state as LimitState,
  proposedBy: row.proposedBy,
  proposedAt: toIso(row.proposedAt),
  confirmedBy: row.confirmedBy,
  confirmedAt: toIsoOrNull(row.confirmedAt),
  endedAt: toIsoOrNull(row.endedAt),
});
