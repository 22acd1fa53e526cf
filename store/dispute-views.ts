import type { DisputeOutcome, DisputeStatus } from '../domain/payment';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';

/** What freezes a payment, as it stands. */
export interface DisputeRecord {
  id: string;
  source: 'provider' | 'person';
  state: DisputeStatus;
  provider: string;
  merchantAccount: string;
  /** Null when a person tells of it. */
  providerDisputeId: string | null;
  /** Every id by which the provider names the payment. */
  providerPaymentIds: string[];
  /** These three are null while no order states the payment. */
  paymentId: string | null;
  orderExternalId: string | null;
  paymentExternalId: string | null;
  amountMinor: number;
  currency: string;
  reasonCode: string | null;
  /** The words and the id of who froze the payment; null when its provider did. */
  reason: string | null;
  openedBy: string | null;
  openedAt: string;
  /** When its teller said last that something happened. */
  occurredAt: string;
  closedAt: string | null;
  /** How it ended, as one person says and another one must confirm. */
  proposal: { outcome: DisputeOutcome; reason: string; proposedBy: string; proposedAt: string } | null;
  /** Who ended it; null when nobody or its provider has. */
  ending: { reason: string; proposedBy: string; confirmedBy: string } | null;
}

export interface DisputeFilter {
  mode: Mode;
  state?: DisputeStatus;
  source?: DisputeRecord['source'];
  /** Every id by which a provider names a payment finds it. */
  providerPaymentId?: string;
  orderExternalId?: string;
  paymentExternalId?: string;
}

const WITH_PAYMENT = {
  payment: { select: { externalId: true, order: { select: { externalId: true } } } },
} as const satisfies Prisma.DisputeInclude;

/** Disputes, newest first, behind a given one. */
export async function listDisputes(
  db: Db,
  filter: DisputeFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<DisputeRecord[]> {
  const { providerPaymentId, orderExternalId, paymentExternalId, state, ...same } = filter;
  const { after, limit } = page;
  const payment = {
    ...(paymentExternalId === undefined ? {} : { externalId: paymentExternalId }),
    ...(orderExternalId === undefined ? {} : { order: { externalId: orderExternalId } }),
  };
  const rows = await db.dispute.findMany({
    where: {
      ...same,
      ...(state === undefined ? {} : { status: state }),
      ...(providerPaymentId === undefined ? {} : { providerPaymentIds: { has: providerPaymentId } }),
      ...(Object.keys(payment).length > 0 ? { payment } : {}),
      ...(after ? { OR: [{ openedAt: { lt: after.at } }, { openedAt: after.at, id: { lt: after.id } }] } : {}),
    },
    include: WITH_PAYMENT,
    orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
  return rows.map(recordOf);
}

/** One dispute of this mode, or null. */
export async function readDispute(db: Db, mode: Mode, id: string): Promise<DisputeRecord | null> {
  const row = await db.dispute.findFirst({ where: { id, mode }, include: WITH_PAYMENT });
  return row && recordOf(row);
}

type Row = Prisma.DisputeGetPayload<{ include: typeof WITH_PAYMENT }>;

function recordOf(row: Row): DisputeRecord {
  const source = row.source as DisputeRecord['source'];
  return {
    id: row.id,
    source,
    state: row.status as DisputeStatus,
    provider: row.provider,
    merchantAccount: row.merchantAccount,
    providerDisputeId: source === 'provider' ? row.providerDisputeId : null,
    providerPaymentIds: row.providerPaymentIds,
    paymentId: row.paymentId,
    orderExternalId: row.payment?.order?.externalId ?? null,
    paymentExternalId: row.payment?.externalId ?? null,
    amountMinor: toMinor(row.amountMinor),
    currency: row.currency,
    reasonCode: row.reasonCode,
    reason: row.reason,
    openedBy: row.openedBy,
    openedAt: toIso(row.openedAt),
    occurredAt: toIso(row.occurredAt),
    closedAt: toIsoOrNull(row.closedAt),
    proposal: proposalOf(row),
    ending:
      row.outcomeReason === null || row.outcomeProposedBy === null || row.outcomeConfirmedBy === null
        ? null
        : { reason: row.outcomeReason, proposedBy: row.outcomeProposedBy, confirmedBy: row.outcomeConfirmedBy },
  };
}

function proposalOf({ proposedOutcome, proposedReason, proposedBy, proposedAt }: Row): DisputeRecord['proposal'] {
  if (proposedOutcome === null || proposedReason === null || proposedBy === null || proposedAt === null) return null;
  return {
    outcome: proposedOutcome as DisputeOutcome,
    reason: proposedReason,
    proposedBy,
    proposedAt: toIso(proposedAt),
  };
}
