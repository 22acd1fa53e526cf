import type { GoodwillFacts } from '../domain/process';
import type { LoadedOrder } from './acceptance-facts';
import { appendSharedAudit } from './audit';
import { toIso, toMinor, type Database, type Db } from './client';
import { newId } from './new-id';
import { newReference } from './reference';
import type { Statements } from './statements';

type Mode = 'live' | 'test';

/** A budget and what became of it, minor units of its currency. */
export interface GoodwillBudget {
  id: string;
  name: string;
  /** Null: of all branches. */
  branch: string | null;
  currency: string;
  periodFrom: string;
  periodTo: string;
  limitMinor: number;
  reservedMinor: number;
  spentMinor: number;
  createdAt: string;
}

export interface NewGoodwillBudget {
  /** Permanent: the same one again is the same budget. */
  id: string;
  name: string;
  branch: string | null;
  currency: string;
  periodFrom: string;
  periodTo: string;
  limitMinor: number;
  createdById: string;
}

const WITH_MONEY = { payment: { select: { capturedMinor: true, reservedMinor: true, refundedMinor: true } } } as const;

/** Grants a budget: its limit is money that refunds can be paid from, under the same cap as a capture. */
export async function createGoodwillBudget(
  db: Database,
  mode: Mode,
  input: NewGoodwillBudget,
  nowIso: string,
): Promise<GoodwillBudget> {
  const at = new Date(nowIso);
  return db.$transaction(async (tx) => {
    const known = await tx.goodwillBudget.findUnique({ where: { id: input.id }, include: WITH_MONEY });
    if (known) return budgetOf(known);
    const payment = await tx.payment.create({
      data: {
        id: newId('pm'),
        mode,
        externalId: input.id,
        provider: 'goodwill',
        providerPaymentId: input.id,
        method: 'bank_account',
        currency: input.currency,
        capturedMinor: BigInt(input.limitMinor),
        capturedAt: at,
        createdAt: at,
        updatedAt: at,
      },
    });
    const { limitMinor, periodFrom, periodTo, ...columns } = input;
    const row = await tx.goodwillBudget.create({
      data: {
        ...columns,
        mode,
        periodFrom: new Date(periodFrom),
        periodTo: new Date(periodTo),
        paymentId: payment.id,
        createdAt: at,
      },
      include: WITH_MONEY,
    });
    await appendSharedAudit(tx, 'configuration', mode, nowIso, [
      {
        type: 'goodwill_budget.granted',
        actor: { kind: 'person', id: input.createdById },
        data: { budgetId: input.id, currency: input.currency, limitMinor, branch: input.branch, periodFrom, periodTo },
      },
    ]);
    return budgetOf(row);
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

interface BudgetRow {
  id: string;
  name: string;
  branch: string | null;
  currency: string;
  periodFrom: Date;
  periodTo: Date;
  createdAt: Date;
  payment: { capturedMinor: bigint; reservedMinor: bigint; refundedMinor: bigint };
}

const budgetOf = (row: BudgetRow): GoodwillBudget => ({
  id: row.id,
  name: row.name,
  branch: row.branch,
  currency: row.currency,
  periodFrom: toIso(row.periodFrom),
  periodTo: toIso(row.periodTo),
  limitMinor: toMinor(row.payment.capturedMinor),
  reservedMinor: toMinor(row.payment.reservedMinor),
  spentMinor: toMinor(row.payment.refundedMinor),
  createdAt: toIso(row.createdAt),
});

/**
 * Reads what goodwill is judged by, with its budgets locked: only requests that give some come here, after the order's
 * payments are locked, so that budgets are always the last to be waited for.
 */
export async function loadGoodwill(
  tx: Statements,
  mode: Mode,
  order: LoadedOrder,
  nowIso: string,
): Promise<GoodwillFacts> {
  const budgets = await tx.$queryRaw<GoodwillFacts['budgets']>`
    SELECT b.id AS "budgetId", p.id AS "paymentId",
      (p.captured_minor - p.refunded_minor - p.reserved_minor)::float8 AS "availableMinor"
    FROM goodwill_budgets b JOIN payments p ON p.id = b.payment_id
    WHERE b.mode = ${mode}::"Mode" AND b.currency = ${order.facts.currency}
      AND (b.branch IS NULL OR b.branch = ${order.branch})
      AND b.period_from <= ${nowIso}::timestamptz AND b.period_to > ${nowIso}::timestamptz
    ORDER BY b.branch NULLS LAST, b.period_to, b.id FOR UPDATE OF p`;
  return { budgets, legId: newId('al'), reference: newReference() };
}
