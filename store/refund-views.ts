import type { Plan, ProcessState, RefundRecord, RefundStatus } from '../domain/refund';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { Prisma } from './generated/prisma/client';

export type Mode = 'live' | 'test';

/** A refund with what decides who may read it and in which language its deadlines are counted. */
export interface StoredRefund extends RefundRecord {
  mode: Mode;
  orderId: string;
  customerId: string;
  branch: string | null;
  enteredByKind: string;
  enteredById: string;
  enteredByPersonId: string | null;
}

const RECORD = {
  order: { select: { externalId: true } },
  allocations: { select: { paymentId: true, payment: { select: { externalId: true } } } },
  stages: { select: { round: true, stageId: true, status: true, dueAt: true } },
} satisfies Prisma.RefundInclude;

type RefundRow = Prisma.RefundGetPayload<{ include: typeof RECORD }>;

/** One refund of this mode, or null. */
export async function readRefund(db: Db, mode: Mode, refundId: string): Promise<StoredRefund | null> {
  const row = await db.refund.findFirst({ where: { id: refundId, mode }, include: RECORD });
  return row && toRecord(row);
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
    rows: shown.map(toRecord),
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

function toRecord(row: RefundRow): StoredRefund {
  const process = row.process as unknown as ProcessState;
  return {
    id: row.id,
    mode: row.mode,
    orderId: row.orderId,
    customerId: row.customerId,
    orderExternalId: row.order.externalId,
    amountMinor: toMinor(row.amountMinor),
    paidAmountMinor: toMinor(row.paidAmountMinor),
    currency: row.currency,
    reasonCode: row.reasonCode,
    channel: row.channel,
    resolution: row.resolution,
    externalReference: row.externalReference,
    metadata: row.metadata as Record<string, unknown>,
    branch: row.branch,
    policyName: row.policyName,
    policyVersion: row.policyVersion,
    plan: row.plan as unknown as Plan,
    process,
    stages: row.stages
      .filter((stage) => stage.round === process.round)
      .map((stage) => ({ stageId: stage.stageId, status: stage.status, dueAt: toIsoOrNull(stage.dueAt) })),
    paymentExternalIds: Object.fromEntries(row.allocations.map((part) => [part.paymentId, part.payment.externalId])),
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
