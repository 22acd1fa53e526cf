import { toIso, toIsoOrNull, toMinor, type Db } from './client';

/** One decision of the past, with the words that were given for it. */
export interface DecisionFacts {
  stage: string;
  round: number;
  decision: string;
  personId: string;
  personName: string;
  snapshotVersion: number;
  approvedAmountMinor: number | null;
  reason: string | null;
  messageToCustomer: string | null;
  decidedAt: string;
}

export interface LineFacts {
  externalId: string;
  sku: string;
  name: string;
  category: string | null;
  quantity: number;
  orderedQuantity: number;
  unitPriceMinor: number;
  amountMinor: number;
}

export interface EvidenceFacts {
  id: string;
  sha256: string;
  bytes: number;
  mime: string;
  fileName: string;
  createdAt: string;
}

/** What a reviewer must know to decide. */
export interface ReviewFacts {
  description: string;
  branch: string | null;
  requestedBy: { name: string; contact: string } | null;
  enteredBy: { kind: string; id: string; personId: string | null };
  declineClause: string | null;
  snapshot: Record<string, unknown>;
  customer: {
    externalId: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
    tier: string;
    since: string;
    history: { refunds: number; open: number; declined: number; paidByCurrency: Record<string, number> };
  };
  lines: LineFacts[];
  evidence: EvidenceFacts[];
  decisions: DecisionFacts[];
  allocation: {
    paymentExternalId: string;
    provider: string;
    method: string;
    amountMinor: number;
    capturedMinor: number;
    refundedMinor: number;
    refundedElsewhereMinor: number;
    disputedMinor: number;
    reservedMinor: number;
  }[];
  desk: { id: string; kind: string; dueAt: string | null }[];
  firstResponse: { dueAt: string; respondedAt: string | null };
}

const OPEN_STATUSES = [
  'accepted',
  'in_review',
  'awaiting_customer',
  'awaiting_goods',
  'cooling_off',
  'awaiting_funds',
  'paying',
  'payment_unknown',
  'payment_failed',
];

/** Everything beside the record itself; null when there is no such refund. */
export async function readReviewFacts(db: Db, refundId: string): Promise<ReviewFacts | null> {
  const row = await db.refund.findUnique({
    where: { id: refundId },
    include: {
      customer: true,
      lines: { include: { orderLine: true }, orderBy: { orderLine: { position: 'asc' } } },
      evidence: {
        select: { id: true, sha256: true, bytes: true, mime: true, fileName: true, createdAt: true },
        orderBy: { createdAt: 'asc' },
      },
      decisions: { include: { person: { select: { name: true } } }, orderBy: { transitionSeq: 'asc' } },
      allocations: { include: { payment: true }, orderBy: { position: 'asc' } },
      deskItems: {
        where: { status: 'open' },
        select: { id: true, kind: true, dueAt: true },
        orderBy: { createdAt: 'asc' },
      },
    },
  });
  if (!row) return null;
  return {
    description: row.description,
    branch: row.branch,
    requestedBy:
      row.requestedByName === null && row.requestedByContact === null
        ? null
        : { name: row.requestedByName ?? '', contact: row.requestedByContact ?? '' },
    enteredBy: { kind: row.enteredByKind, id: row.enteredById, personId: row.enteredByPersonId },
    declineClause: row.declineClause,
    snapshot: row.snapshot as Record<string, unknown>,
    customer: {
      externalId: row.customer.externalId,
      name: row.customer.name,
      email: row.customer.email,
      phone: row.customer.phone,
      locale: row.customer.locale,
      tier: row.customer.tier,
      since: toIso(row.customer.createdAt),
      history: await readHistory(db, row.customerId, refundId),
    },
    lines: row.lines.map((line) => ({
      externalId: line.orderLine.externalId,
      sku: line.orderLine.sku,
      name: line.orderLine.name,
      category: line.orderLine.category,
      quantity: line.quantity,
      orderedQuantity: line.orderLine.quantity,
      unitPriceMinor: toMinor(line.orderLine.unitPriceMinor),
      amountMinor: toMinor(line.amountMinor),
    })),
    evidence: row.evidence.map((file) => ({ ...file, createdAt: toIso(file.createdAt) })),
    decisions: row.decisions.map((decision) => ({
      stage: decision.stageId,
      round: decision.round,
      decision: decision.decision,
      personId: decision.personId,
      personName: decision.person.name,
      snapshotVersion: decision.snapshotVersion,
      approvedAmountMinor: decision.approvedAmountMinor === null ? null : toMinor(decision.approvedAmountMinor),
      reason: decision.reason,
      messageToCustomer: decision.messageToCustomer,
      decidedAt: toIso(decision.decidedAt),
    })),
    allocation: row.allocations.map((part) => ({
      paymentExternalId: part.payment.externalId,
      provider: part.payment.provider,
      method: part.payment.method,
      amountMinor: toMinor(part.amountMinor),
      capturedMinor: toMinor(part.payment.capturedMinor),
      refundedMinor: toMinor(part.payment.refundedMinor),
      refundedElsewhereMinor: toMinor(part.payment.refundedElsewhereMinor),
      disputedMinor: toMinor(part.payment.disputedMinor),
      reservedMinor: toMinor(part.payment.reservedMinor),
    })),
    desk: row.deskItems.map((item) => ({ ...item, dueAt: toIsoOrNull(item.dueAt) })),
    firstResponse: { dueAt: toIso(row.firstResponseDueAt), respondedAt: toIsoOrNull(row.firstRespondedAt) },
  };
}

/** The words that the customer was given with decisions, oldest first. */
export async function readWordsToCustomer(
  db: Db,
  refundId: string,
): Promise<{ decision: string; message: string; at: string }[]> {
  const rows = await db.decision.findMany({
    where: { refundId, messageToCustomer: { not: null } },
    select: { decision: true, messageToCustomer: true, decidedAt: true },
    orderBy: { transitionSeq: 'asc' },
  });
  return rows.map((row) => ({
    decision: row.decision,
    message: row.messageToCustomer ?? '',
    at: toIso(row.decidedAt),
  }));
}

async function readHistory(
  db: Db,
  customerId: string,
  exceptRefundId: string,
): Promise<ReviewFacts['customer']['history']> {
  const others = { customerId, id: { not: exceptRefundId } };
  const [byStatus, paid] = await Promise.all([
    db.refund.groupBy({ by: ['status'], where: others, _count: { _all: true } }),
    db.refund.groupBy({ by: ['currency'], where: others, _sum: { paidAmountMinor: true } }),
  ]);
  const count = (wanted: (status: string) => boolean): number =>
    byStatus.reduce((sum, group) => sum + (wanted(group.status) ? group._count._all : 0), 0);
  return {
    refunds: count(() => true),
    open: count((status) => OPEN_STATUSES.includes(status)),
    declined: count((status) => status === 'declined'),
    paidByCurrency: Object.fromEntries(
      paid.map((group) => [group.currency, toMinor(group._sum.paidAmountMinor ?? 0n)]),
    ),
  };
}

/** The name of a member of staff, for colleagues alone; null when there is no such person. */
export async function readPersonName(db: Db, personId: string): Promise<string | null> {
  const person = await db.person.findUnique({ where: { id: personId }, select: { name: true } });
  return person?.name ?? null;
}
