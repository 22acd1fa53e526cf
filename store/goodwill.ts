import type { GoodwillFacts } from '../domain/process';
import type { LoadedOrder } from './acceptance-facts';
import { toIso, toIsoOrNull, toMinor, type Database, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { newReference } from './reference';
import type { Mode } from './refund-views';
import type { Statements } from './statements';
import { auditWord, sayWord, type PersonAct, type WordOutcome } from './two-person';

export const BUDGET_STATES = ['proposed', 'active'] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];

/** What a budget may be spent on, minor units of its currency. */
export interface GoodwillBudgetInput {
  name: string;
  /** Null: of all branches. */
  branch: string | null;
  currency: string;
  periodFrom: string;
  periodTo: string;
  limitMinor: number;
}

/** A budget and what became of it. */
export interface GoodwillBudget extends GoodwillBudgetInput {
  id: string;
  state: BudgetState;
  reservedMinor: number;
  spentMinor: number;
  proposedBy: string;
  proposedAt: string;
  confirmedBy: string | null;
  confirmedAt: string | null;
}

const WITH_MONEY = { payment: { select: { reservedMinor: true, refundedMinor: true } } } as const;

/** Proposes a budget; nothing can be given from it until another person confirms it. The same id twice is one proposal. */
export async function proposeGoodwillBudget(
  db: Database,
  act: PersonAct,
  budget: { id: string } & GoodwillBudgetInput,
): Promise<GoodwillBudget> {
  return await db.$transaction(async (tx) => {
    const { limitMinor, periodFrom, periodTo, ...columns } = budget;
    const written = await tx.goodwillBudget.createMany({
      data: {
        ...columns,
        mode: act.mode,
        limitMinor: BigInt(limitMinor),
        periodFrom: new Date(periodFrom),
        periodTo: new Date(periodTo),
        state: 'proposed',
        proposedBy: act.personId,
        proposedAt: new Date(act.nowIso),
      },
      skipDuplicates: true,
    });
    const record = budgetOf(
      await tx.goodwillBudget.findUniqueOrThrow({ where: { id: budget.id }, include: WITH_MONEY }),
    );
    if (written.count === 1) await auditWord(tx, act, 'goodwill_budget.proposed', factsOf(record));
    return record;
  });
}

/** The second person's word: its limit is money from now on that refunds can be paid from, under the same cap as a capture. */
export async function confirmGoodwillBudget(
  db: Database,
  act: PersonAct,
  id: string,
): Promise<WordOutcome<GoodwillBudget>> {
  return sayWord(db, act, {
    event: 'goodwill_budget.granted',
    facts: factsOf,
    load: async (tx) => {
      await tx.$queryRaw`SELECT id FROM goodwill_budgets WHERE id = ${id} FOR UPDATE`;
      const row = await tx.goodwillBudget.findFirst({ where: { id, mode: act.mode }, include: WITH_MONEY });
      return row && budgetOf(row);
    },
    waiting: (budget) => {
      if (budget.state === 'proposed') return { personId: budget.proposedBy, at: budget.proposedAt };
      return budget.confirmedBy === act.personId ? 'repeated' : null;
    },
    write: async (tx, { currency, limitMinor }) => {
      const at = new Date(act.nowIso);
      const payment = await tx.payment.create({
        data: {
          id: newId('pm'),
          mode: act.mode,
          externalId: id,
          provider: 'goodwill',
          providerPaymentId: id,
          method: 'bank_account',
          currency,
          capturedMinor: BigInt(limitMinor),
          capturedAt: at,
          createdAt: at,
          updatedAt: at,
        },
      });
      return budgetOf(
        await tx.goodwillBudget.update({
          where: { id },
          data: { state: 'active', paymentId: payment.id, confirmedBy: act.personId, confirmedAt: at },
          include: WITH_MONEY,
        }),
      );
    },
  });
}

/** Every budget of a mode, the one that ends last first. */
export async function listGoodwillBudgets(db: Db, mode: Mode): Promise<GoodwillBudget[]> {
  const rows = await db.goodwillBudget.findMany({
    where: { mode },
    include: WITH_MONEY,
    orderBy: [{ periodTo: 'desc' }, { id: 'asc' }],
  });
  return rows.map(budgetOf);
}

const factsOf = ({ id, currency, limitMinor, branch, periodFrom, periodTo }: GoodwillBudget) => ({
  budgetId: id,
  currency,
  limitMinor,
  branch,
  periodFrom,
  periodTo,
});

const budgetOf = (row: {
  id: string;
  name: string;
  branch: string | null;
  currency: string;
  periodFrom: Date;
  periodTo: Date;
  limitMinor: bigint;
  state: string;
  proposedBy: string;
  proposedAt: Date;
  confirmedBy: string | null;
  confirmedAt: Date | null;
  payment: { reservedMinor: bigint; refundedMinor: bigint } | null;
}): GoodwillBudget => ({
  id: row.id,
  name: row.name,
  branch: row.branch,
  currency: row.currency,
  periodFrom: toIso(row.periodFrom),
  periodTo: toIso(row.periodTo),
  limitMinor: toMinor(row.limitMinor),
  state: row.state as BudgetState,
  reservedMinor: toMinor(row.payment?.reservedMinor ?? 0n),
  spentMinor: toMinor(row.payment?.refundedMinor ?? 0n),
  proposedBy: row.proposedBy,
  proposedAt: toIso(row.proposedAt),
  confirmedBy: row.confirmedBy,
  confirmedAt: toIsoOrNull(row.confirmedAt),
});

/**
 * Reads what goodwill is judged by, with its budgets locked when it is to be acted on: only requests that give some come here, after the order's
 * payments are locked, so that budgets are always the last to be waited for. One that nobody has confirmed has no money.
 * @param locks false for what keeps nothing: it waits for nobody and has nobody wait.
 */
export async function loadGoodwill(
  tx: Statements,
  mode: Mode,
  order: LoadedOrder,
  nowIso: string,
  locks: boolean,
): Promise<GoodwillFacts> {
  const budgets = await tx.$queryRaw<GoodwillFacts['budgets']>`
    SELECT b.id AS "budgetId", p.id AS "paymentId",
      (p.captured_minor - p.refunded_minor - p.reserved_minor)::float8 AS "availableMinor"
    FROM goodwill_budgets b JOIN payments p ON p.id = b.payment_id
    WHERE b.mode = ${mode}::"Mode" AND b.currency = ${order.facts.currency}
      AND (b.branch IS NULL OR b.branch = ${order.branch})
      AND b.period_from <= ${nowIso}::timestamptz AND b.period_to > ${nowIso}::timestamptz
    ORDER BY b.branch NULLS LAST, b.period_to, b.id ${locks ? Prisma.sql`FOR UPDATE OF p` : Prisma.empty}`;
  return { budgets, legId: newId('al'), reference: newReference() };
}
