import type { DisputeNotice, PaymentSighting } from '../domain/payment';
import { isOver, type ProcessState } from '../domain/refund';
import type { Database, Db } from './client';
import { openDeskItemOnce } from './desk';
import { recordDispute } from './disputes';
import type { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import type { Mode } from './refund-views';

/** What a verified notification says about a refund's money. */
export type ProviderEventFacts = Pick<PaymentSighting, 'outcome' | 'amountMinor' | 'failure' | 'traceNumber'>;

/** A notification whose sender was proven. */
export interface NewProviderEvent {
  mode: Mode;
  provider: string;
  merchantAccount: string;
  providerEventId: string;
  type: string;
  reference: string | null;
  providerRefundId: string | null;
  occurredAt: string | null;
  /** Null: it says nothing about a refund. */
  facts: ProviderEventFacts | null;
  /** Set when it is about a dispute of a payment: recorded with it. */
  dispute?: DisputeNotice;
  /** SHA-256 of the bytes that came. */
  payloadHash: string;
}

export interface StoredProviderEvent {
  /** Id of the row: what the workflow is signalled with. */
  id: string;
  /** False when the provider had sent it before. */
  isNew: boolean;
  /** The refund to signal; null when it concerns none, or none that we know. */
  refundId: string | null;
  status: 'stored' | 'signalled' | 'consumed' | 'unmatched';
}

/**
 * Stores a notification once per provider's id and finds the refund it is about: by our reference, then by the
 * provider's id of the refund, within the same mode and merchant account. What is about a refund and fits none becomes
 * a desk item in the same transaction.
 */
export async function storeProviderEvent(
  db: Database,
  event: NewProviderEvent,
  nowIso: string,
): Promise<StoredProviderEvent> {
  return db.$transaction(async (tx) => {
    const refundId = event.facts ? await findRefundOf(tx, event) : null;
    const status = !event.facts ? 'consumed' : refundId ? 'stored' : 'unmatched';
    const id = newId('pe');
    const now = new Date(nowIso);
    const written = await tx.providerEvent.createMany({
      data: {
        id,
        mode: event.mode,
        provider: event.provider,
        merchantAccount: event.merchantAccount,
        providerEventId: event.providerEventId,
        type: event.type,
        reference: event.reference,
        providerRefundId: event.providerRefundId,
        facts: (event.facts ?? {}) as Prisma.InputJsonValue,
        payloadHash: event.payloadHash,
        refundId,
        status,
        receivedAt: now,
        occurredAt: event.occurredAt === null ? null : new Date(event.occurredAt),
        consumedAt: event.facts ? null : now,
      },
      skipDuplicates: true,
    });
    if (written.count === 0) return { ...(await readStored(tx, event)), isNew: false };
    const { mode, provider, merchantAccount, dispute, occurredAt } = event;
    if (dispute) {
      const source = { mode, provider, merchantAccount, providerEventRow: id, occurredAt: occurredAt ?? nowIso };
      await recordDispute(tx, source, dispute, nowIso);
    }
    if (status === 'unmatched')
      await openDeskItemOnce(
        tx,
        {
          mode: event.mode,
          refundId: null,
          kind: 'unmatched_provider_event',
          dedupKey: `provider-event:${event.mode}:${event.provider}:${event.merchantAccount}:${event.providerRefundId ?? event.providerEventId}`,
          dueAt: null,
          data: { provider: event.provider, providerEventRow: id, providerRefundId: event.providerRefundId },
        },
        nowIso,
      );
    return { id, isNew: true, refundId, status };
  });
}

async function readStored(tx: Db, event: NewProviderEvent): Promise<Omit<StoredProviderEvent, 'isNew'>> {
  const { mode, provider, merchantAccount, providerEventId } = event;
  const row = await tx.providerEvent.findUniqueOrThrow({
    where: {
      mode_provider_merchantAccount_providerEventId: { mode, provider, merchantAccount, providerEventId },
    },
    select: { id: true, refundId: true, status: true },
  });
  return { id: row.id, refundId: row.refundId, status: row.status as StoredProviderEvent['status'] };
}

/** A reference that is given and unknown to us is not matched by anything else. */
async function findRefundOf(tx: Db, event: NewProviderEvent): Promise<string | null> {
  const account = { provider: event.provider, merchantAccount: event.merchantAccount };
  const key =
    event.reference !== null
      ? { reference: event.reference }
      : event.providerRefundId !== null
        ? { providerRefundId: event.providerRefundId }
        : null;
  if (!key) return null;
  const attempt = await tx.paymentAttempt.findFirst({
    where: { ...key, mode: event.mode, allocation: { payment: account } },
    select: { allocation: { select: { refundId: true } } },
  });
  return attempt?.allocation.refundId ?? null;
}

/** Notes that the workflow has been told. */
export async function markProviderEventSignalled(db: Db, id: string, nowIso: string): Promise<void> {
  await db.providerEvent.updateMany({
    where: { id, status: 'stored' },
    data: { status: 'signalled', signalledAt: new Date(nowIso) },
  });
}

/** A stored event that its refund may not have been told of. */
export interface UnsignalledEvent {
  id: string;
  refundId: string;
  mode: Mode;
  refundStatus: string;
  /** Whether the refund's process has come to its end. */
  isOver: boolean;
}

/** Events that were stored before `before` and whose workflow was never told, oldest first. */
export async function listUnsignalledProviderEvents(
  db: Db,
  query: { storedBeforeIso: string; limit: number },
): Promise<UnsignalledEvent[]> {
  const rows = await db.providerEvent.findMany({
    where: { status: 'stored', refundId: { not: null }, receivedAt: { lt: new Date(query.storedBeforeIso) } },
    orderBy: { receivedAt: 'asc' },
    take: query.limit,
    select: { id: true, refundId: true, mode: true, refund: { select: { status: true, process: true } } },
  });
  return rows.flatMap((row) =>
    row.refundId && row.refund
      ? [
          {
            id: row.id,
            refundId: row.refundId,
            mode: row.mode,
            refundStatus: row.refund.status,
            isOver: isOver(row.refund.process as unknown as ProcessState),
          },
        ]
      : [],
  );
}
