import type { Plan, ProcessState, PublicAccounting, RefundAmounts, RefundRecord, RefundStatus } from '../domain/refund';
import { direct, toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { Prisma } from './generated/prisma/client';
import type { Statements } from './statements';

export type Mode = 'live' | 'test';

/** A refund with what decides who may read it and in which language its deadlines are counted. */
export interface StoredRefund extends RefundRecord {
  mode: Mode;
  orderId: string;
  customerId: string;
  branch: string | null;
  /** The newest workflow of it; null: its own. */
  workflowId: string | null;
  enteredByKind: string;
  enteredById: string;
  enteredByPersonId: string | null;
}

const RECORD = {
  order: { select: { externalId: true } },
  allocations: {
    select: {
      id: true,
      paymentId: true,
      accountingCurrency: true,
      accountingRate: true,
      accountingMinor: true,
      settlementRate: true,
      exchangeDifferenceMinor: true,
      exchangeBookedAt: true,
      payment: { select: { externalId: true } },
    },
  },
  stages: { select: { round: true, stageId: true, status: true, dueAt: true } },
} satisfies Prisma.RefundInclude;

type ListedRow = Prisma.RefundGetPayload<{ include: typeof RECORD }>;

/** A row as both ways of reading bring it. */
interface RefundRow extends Omit<StoredRefund, RowTypes> {
  amountMinor: bigint;
  paidAmountMinor: bigint;
  arrivalFrom: Date | null;
  arrivalTo: Date | null;
  arrivalConfirmedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  stages: { round: number; stageId: string; status: string; dueAt: string | Date | null }[];
}

type RowTypes =
  | 'amountMinor'
  | 'paidAmountMinor'
  | 'arrivalFrom'
  | 'arrivalTo'
  | 'arrivalConfirmedAt'
  | 'createdAt'
  | 'updatedAt'
  | 'stages';

/** One refund of this mode, or null. Read after almost every command, so in one plain statement. */
export async function readRefund(db: Statements, mode: Mode, refundId: string): Promise<StoredRefund | null> {
  const [row] = await direct(db).$queryRaw<RefundRow[]>`
    SELECT r.id, r.mode::text AS mode, r.order_id AS "orderId", r.customer_id AS "customerId",
      (SELECT o.external_id FROM orders o WHERE o.id = r.order_id) AS "orderExternalId",
      r.amount_minor AS "amountMinor", r.paid_amount_minor AS "paidAmountMinor", r.currency, r.reason_code AS "reasonCode",
      r.channel, r.resolution, r.external_reference AS "externalReference", r.metadata, r.branch,
      r.workflow_id AS "workflowId", r.policy_name AS "policyName", r.policy_version AS "policyVersion",
      r.decline_clause AS "declineClause", r.plan, r.process,
      COALESCE((SELECT jsonb_agg(jsonb_build_object(
           'round', s.round, 'stageId', s.stage_id, 'status', s.status, 'dueAt', s.due_at) ORDER BY s.position)
         FROM stages s WHERE s.refund_id = r.id), '[]') AS stages,
      COALESCE((SELECT jsonb_object_agg(a.payment_id, p.external_id)
         FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.refund_id = r.id), '{}') AS "paymentExternalIds",
      r.amounts, COALESCE((SELECT jsonb_object_agg(a.id, jsonb_build_object('currency', a.accounting_currency,
           'rate', a.accounting_rate, 'amountMinor', a.accounting_minor, 'settlementRate', a.settlement_rate,
           'exchangeDifferenceMinor', a.exchange_difference_minor,
           'exchangeBookedAt', to_char(a.exchange_booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
         FROM allocations a WHERE a.refund_id = r.id AND a.accounting_rate IS NOT NULL), '{}') AS accounting,
      r.arrival_from AS "arrivalFrom", r.arrival_to AS "arrivalTo", r.arrival_confirmed_at AS "arrivalConfirmedAt",
      r.entered_by_kind AS "enteredByKind", r.entered_by_id AS "enteredById", r.entered_by_person_id AS "enteredByPersonId",
      r.created_at AS "createdAt", r.updated_at AS "updatedAt"
    FROM refunds r WHERE r.id = ${refundId} AND r.mode = ${mode}::"Mode"`;
  return row ? toRecord(row) : null;
}

/** Whether this mode has the refund and, when a customer is named, it is theirs. */
export async function refundExists(
  db: Statements,
  mode: Mode,
  refundId: string,
  customerId: string | null = null,
): Promise<boolean> {
  const rows = await direct(db).$queryRaw<object[]>`
    SELECT 1 AS found FROM refunds
    WHERE id = ${refundId} AND mode = ${mode}::"Mode" AND (${customerId}::text IS NULL OR customer_id = ${customerId})`;
  return rows.length > 0;
}

/** What a command is judged by before it is sent to the process. */
export interface Standing {
  process: ProcessState;
  maxCorrectionRounds: number;
  /** The command's own row. */
  outcome: string;
  transitionSeq: number | null;
  refusalCode: string | null;
}

/**
 * A refund's process and a command about it in one statement, so of one instant: a command that is open had not moved
 * the process that was read. Null when this mode has no such refund.
 */
export async function readStanding(
  db: Statements,
  mode: Mode,
  refundId: string,
  commandId: string,
): Promise<Standing | null> {
  const [row] = await direct(db).$queryRaw<Standing[]>`
    SELECT r.process, (r.plan->>'maxCorrectionRounds')::int AS "maxCorrectionRounds",
      COALESCE(c.outcome, 'open') AS outcome, c.transition_seq AS "transitionSeq", c.refusal_code AS "refusalCode"
    FROM refunds r LEFT JOIN commands c ON c.id = ${commandId}
    WHERE r.id = ${refundId} AND r.mode = ${mode}::"Mode"`;
  return row ?? null;
}

export interface RefundFilter {
  mode: Mode;
  /** Only this customer's, whatever else is asked for. */
  customerId?: string;
  status?: RefundStatus[];
  orderExternalId?: string;
  customerExternalId?: string;
  stage?: string;
  /** A person whom the open stage is assigned to. */
  assignee?: string;
  branch?: string;
  /** Open refunds that are due before this instant. */
  dueBefore?: string;
  createdFrom?: string;
  createdTo?: string;
  /** Part of an id or of an external reference; never personal data. */
  q?: string;
  customer?: { name?: string; email?: string; phone?: string };
}

/** Where the next page begins: the last row of this one. */
export interface RefundCursor {
  createdAt: string;
  id: string;
}

export interface Page<Row, Cursor> {
  rows: Row[];
  next: Cursor | null;
}

/** Newest first, then by id: an order that no later refund disturbs. */
export async function listRefunds(
  db: Db,
  filter: RefundFilter,
  page: { limit: number; after: RefundCursor | null },
): Promise<Page<StoredRefund, RefundCursor>> {
  const rows = await db.refund.findMany({
    where: { AND: [whereOf(filter), page.after ? afterOf(page.after) : {}] },
    include: RECORD,
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: page.limit + 1,
  });
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    rows: shown.map((row) => toRecord(rowOf(row))),
    next: rows.length > page.limit && last ? { createdAt: toIso(last.createdAt), id: last.id } : null,
  };
}

/** The first bound is what the index is read by; the second breaks ties. */
function afterOf(cursor: RefundCursor): Prisma.RefundWhereInput {
  const at = new Date(cursor.createdAt);
  return { createdAt: { lte: at }, OR: [{ createdAt: { lt: at } }, { id: { gt: cursor.id } }] };
}

function whereOf(filter: RefundFilter): Prisma.RefundWhereInput {
  const { customer } = filter;
  return {
    mode: filter.mode,
    ...(filter.customerId === undefined ? {} : { customerId: filter.customerId }),
    ...(filter.status === undefined ? {} : { status: { in: filter.status } }),
    ...(filter.orderExternalId === undefined
      ? {}
      : { order: { mode: filter.mode, externalId: filter.orderExternalId } }),
    ...(filter.customerExternalId === undefined && !customer
      ? {}
      : {
          customer: {
            mode: filter.mode,
            ...(filter.customerExternalId === undefined ? {} : { externalId: filter.customerExternalId }),
            ...(customer?.name === undefined ? {} : { name: customer.name }),
            ...(customer?.email === undefined ? {} : { email: customer.email }),
            ...(customer?.phone === undefined ? {} : { phone: customer.phone }),
          },
        }),
    ...(filter.stage === undefined ? {} : { waitingStage: filter.stage }),
    ...(filter.assignee === undefined
      ? {}
      : { stages: { some: { status: { in: ['open', 'paused'] }, assigneeId: filter.assignee } } }),
    ...(filter.branch === undefined ? {} : { branch: filter.branch }),
    ...(filter.dueBefore === undefined ? {} : { dueAt: { lt: new Date(filter.dueBefore) } }),
    ...(filter.createdFrom === undefined && filter.createdTo === undefined
      ? {}
      : {
          createdAt: {
            ...(filter.createdFrom === undefined ? {} : { gte: new Date(filter.createdFrom) }),
            ...(filter.createdTo === undefined ? {} : { lt: new Date(filter.createdTo) }),
          },
        }),
    ...(filter.q === undefined
      ? {}
      : {
          OR: [
            { id: filter.q },
            { externalReference: { startsWith: filter.q } },
            { order: { mode: filter.mode, externalId: { startsWith: filter.q } } },
          ],
        }),
  };
}

const rowOf = ({ order, allocations, ...row }: ListedRow): RefundRow => ({
  ...row,
  orderExternalId: order.externalId,
  metadata: row.metadata as Record<string, unknown>,
  plan: row.plan as unknown as Plan,
  process: row.process as unknown as ProcessState,
  amounts: row.amounts as unknown as RefundAmounts | null,
  accounting: Object.fromEntries(allocations.flatMap(accountingOf)),
  paymentExternalIds: Object.fromEntries(allocations.map((part) => [part.paymentId, part.payment.externalId])),
});

function accountingOf(part: ListedRow['allocations'][number]): [string, PublicAccounting][] {
  const { accountingCurrency, accountingRate, accountingMinor, exchangeDifferenceMinor } = part;
  if (accountingCurrency === null || accountingRate === null || accountingMinor === null) return [];
  const accounting = {
    currency: accountingCurrency,
    rate: accountingRate,
    amountMinor: toMinor(accountingMinor),
    settlementRate: part.settlementRate,
    exchangeDifferenceMinor: exchangeDifferenceMinor === null ? null : toMinor(exchangeDifferenceMinor),
    exchangeBookedAt: toIsoOrNull(part.exchangeBookedAt),
  };
  return [[part.id, accounting]];
}

function toRecord(row: RefundRow): StoredRefund {
  return {
    id: row.id,
    mode: row.mode,
    orderId: row.orderId,
    customerId: row.customerId,
    orderExternalId: row.orderExternalId,
    amountMinor: toMinor(row.amountMinor),
    paidAmountMinor: toMinor(row.paidAmountMinor),
    currency: row.currency,
    reasonCode: row.reasonCode,
    channel: row.channel,
    resolution: row.resolution,
    externalReference: row.externalReference,
    metadata: row.metadata,
    branch: row.branch,
    workflowId: row.workflowId,
    policyName: row.policyName,
    policyVersion: row.policyVersion,
    declineClause: row.declineClause,
    plan: row.plan,
    process: row.process,
    stages: row.stages
      .filter((stage) => stage.round === row.process.round)
      .map((stage) => ({
        stageId: stage.stageId,
        status: stage.status,
        dueAt: stage.dueAt === null ? null : toIso(new Date(stage.dueAt)),
      })),
    paymentExternalIds: row.paymentExternalIds,
    amounts: row.amounts,
    accounting: row.accounting,
    arrivalFrom: toIsoOrNull(row.arrivalFrom),
    arrivalTo: toIsoOrNull(row.arrivalTo),
    arrivalConfirmedAt: toIsoOrNull(row.arrivalConfirmedAt),
    enteredByKind: row.enteredByKind,
    enteredById: row.enteredById,
    enteredByPersonId: row.enteredByPersonId,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}
