import type { DisputeNotice, SightingFacts } from '../domain/payment';
import { deskDueAt, deskRuleOf } from '../domain/process';
import { isOver, type ProcessState } from '../domain/refund';
import { appendSharedAudit } from './audit';
import { direct, toMinor, type Database, type Db } from './client';
import { recordDispute } from './disputes';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { tellsWhatStands, WORTH, type EventWorth } from './provider-event-news';
import type { Mode } from './refund-views';
import { findRefundedPayment, raiseRefundedElsewhere, type RefundedPayment } from './refunded-elsewhere';
import { asJson, LAZILY } from './rows';

/** The kind of desk item that a notification opens which is about a refund and fits none. */
const UNMATCHED = 'unmatched_provider_event';

/** A notification whose sender was proven. */
export interface NewProviderEvent {
  mode: Mode;
  provider: string;
  merchantAccount: string;
  providerEventId: string;
  type: string;
  reference: string | null;
  providerRefundId: string | null;
  /** Every name by which the provider shows the payment; empty where it shows none. */
  providerPaymentIds: readonly string[];
  occurredAt: string | null;
  /** Null: it says nothing about a refund. */
  facts: SightingFacts | null;
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
  /** What it tells about the attempt that it is about, as weighProviderEvent; null when it was there before. */
  worth: EventWorth | null;
}

/**
 * Stores a notification once per provider's id and finds the refund it is about: by our reference, then by the
 * provider's id of the refund, within the same mode and merchant account. A reference that is given and unknown to us is
 * not matched by anything else. What is about a refund and fits none becomes a desk item, and in the same transaction
 * counts as refunded elsewhere; what tells only what stands there already is consumed at once. What is about a refund of
 * ours is one statement, because every payment brings at least one.
 */
export async function storeProviderEvent(
  db: Database,
  event: NewProviderEvent,
  nowIso: string,
): Promise<StoredProviderEvent> {
  const id = newId('pe');
  if (!event.dispute) {
    const [written] = await direct(db).$queryRaw<Written[]>(
      insertEvent(id, event, null, nowIso, { onlyMatched: true }),
    );
    if (written) return { id, isNew: true, ...written };
  }
  const written = await db.$transaction((tx) => storeInTransaction(tx, id, event, nowIso));
  if (written) return { id, isNew: true, ...written };
  return { ...(await readStored(db, event)), isNew: false };
}

type Written = Pick<StoredProviderEvent, 'refundId' | 'status' | 'worth'>;

/** @returns null when it was stored before */
async function storeInTransaction(
  tx: Db,
  id: string,
  event: NewProviderEvent,
  nowIso: string,
): Promise<Written | null> {
  const { mode, provider, merchantAccount, occurredAt, dispute } = event;
  const payment = event.facts === null ? null : await findRefundedPayment(tx, event);
  const [written] = await tx.$queryRaw<Written[]>(insertEvent(id, event, payment, nowIso, { onlyMatched: false }));
  if (!written) return null;
  if (dispute) {
    const teller = { kind: 'provider', eventRow: id } as const;
    const source = { mode, provider, merchantAccount, teller, occurredAt: occurredAt ?? nowIso };
    await recordDispute(tx, source, dispute, nowIso);
  }
  const counted =
    written.status === 'unmatched' && payment !== null ? await raiseRefundedElsewhere(tx, payment.id, nowIso) : null;
  if (counted !== null)
    await appendSharedAudit(tx, 'notifications', mode, nowIso, [
      {
        type: 'payment.refunded_elsewhere',
        actor: { kind: 'machine', id: null },
        data: { providerEventRow: id, ...counted },
      },
    ]);
  return written;
}

/**
 * @param payment the one of ours that it names, for the person who finds it at the desk
 * @param options.onlyMatched writes nothing when it is about a refund that is none of ours
 */
function insertEvent(
  id: string,
  event: NewProviderEvent,
  payment: RefundedPayment | null,
  nowIso: string,
  options: { onlyMatched: boolean },
): Prisma.Sql {
  const { mode, provider, merchantAccount, reference, providerRefundId, facts } = event;
  const now = new Date(nowIso);
  const deskKey = `provider-event:${mode}:${provider}:${merchantAccount}:${providerRefundId ?? event.providerEventId}`;
  const deskData = {
    provider,
    providerEventRow: id,
    providerRefundId,
    paymentId: payment?.id ?? null,
    outcome: facts?.outcome ?? null,
    amountMinor: facts?.amountMinor ?? null,
    currency: payment?.currency ?? null,
  };
  const outcome = Prisma.sql`${facts?.outcome ?? null}::text`;
  const amountMinor = Prisma.sql`${facts?.amountMinor ?? null}::bigint`;
  return Prisma.sql`
    WITH matching AS (
      SELECT a.refund_id, t.status, ${tellsWhatStands(outcome, amountMinor)} AS known
      FROM payment_attempts t
      JOIN allocations a ON a.id = t.allocation_id
      JOIN payments p ON p.id = a.payment_id
      WHERE ${facts !== null} AND t.mode = ${mode}::"Mode" AND COALESCE(t.provider, p.provider) = ${provider}
        AND COALESCE(t.merchant_account, p.merchant_account) = ${merchantAccount}
        AND ${reference === null ? Prisma.sql`t.provider_refund_id = ${providerRefundId}` : Prisma.sql`t.reference = ${reference}`}),
    found AS (SELECT refund_id FROM matching LIMIT 1),
    weighed AS (
      SELECT ${WORTH} AS worth FROM matching WHERE refund_id = (SELECT refund_id FROM found)),
    written AS (
      INSERT INTO provider_events (id, mode, provider, merchant_account, provider_event_id, type, reference,
        provider_refund_id, provider_payment_ids, facts, payload_hash, refund_id, status, received_at, occurred_at, consumed_at)
      SELECT ${id}, ${mode}::"Mode", ${provider}, ${merchantAccount}, ${event.providerEventId}, ${event.type}, ${reference},
        ${providerRefundId}, ${[...event.providerPaymentIds]}::text[], ${asJson(facts ?? {})}::jsonb, ${event.payloadHash},
        (SELECT refund_id FROM found),
        CASE WHEN ${facts === null} OR worth = 'known' THEN 'consumed'
          WHEN EXISTS (SELECT 1 FROM found) THEN 'stored' ELSE 'unmatched' END,
        ${now}, ${event.occurredAt === null ? null : new Date(event.occurredAt)}::timestamptz,
        CASE WHEN ${facts === null} OR worth = 'known' THEN ${now}::timestamptz END
      FROM weighed
      WHERE ${!options.onlyMatched || facts === null} OR EXISTS (SELECT 1 FROM found)
      ON CONFLICT DO NOTHING
      RETURNING refund_id, status),
    desk AS (
      INSERT INTO desk_items (id, mode, kind, dedup_key, due_at, owner_role, data, created_at)
      SELECT ${newId('di')}, ${mode}::"Mode", ${UNMATCHED}, ${deskKey},
        ${new Date(deskDueAt(UNMATCHED, nowIso))}, ${deskRuleOf(UNMATCHED).ownerRole}, ${asJson(deskData)}::jsonb, ${now}
      FROM written WHERE status = 'unmatched'
      ON CONFLICT (dedup_key) DO NOTHING)
    SELECT refund_id AS "refundId", status, (SELECT worth FROM weighed) AS worth FROM written`;
}

async function readStored(tx: Db, event: NewProviderEvent): Promise<Omit<StoredProviderEvent, 'isNew'>> {
  const { mode, provider, merchantAccount, providerEventId } = event;
  const row = await tx.providerEvent.findUniqueOrThrow({
    where: {
      mode_provider_merchantAccount_providerEventId: { mode, provider, merchantAccount, providerEventId },
    },
    select: { id: true, refundId: true, status: true },
  });
  return { id: row.id, refundId: row.refundId, status: row.status as StoredProviderEvent['status'], worth: null };
}

/** Notes that the workflow has been told. Does not wait for the disk: told twice is told once. */
export async function markProviderEventSignalled(db: Db, id: string, nowIso: string): Promise<void> {
  await direct(db).$executeRaw`
    UPDATE provider_events SET status = 'signalled', signalled_at = ${nowIso}::timestamptz
    FROM ${LAZILY}
    WHERE id = ${id} AND status = 'stored'`;
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
  const rows = await db.$queryRaw<(Omit<UnsignalledEvent, 'isOver'> & { process: ProcessState })[]>`
    SELECT e.id, e.refund_id AS "refundId", e.mode::text AS mode, f.status AS "refundStatus", f.process
    FROM provider_events e JOIN refunds f ON f.id = e.refund_id
    WHERE e.status = 'stored' AND e.received_at < ${query.storedBeforeIso}::timestamptz
    ORDER BY e.received_at LIMIT ${query.limit}::int`;
  return rows.map(({ process, ...row }) => ({ ...row, isOver: isOver(process) }));
}

/** An attempt of which it is proven what became of its money. */
export interface ProvenAttempt {
  reference: string;
  status: 'succeeded' | 'failed' | 'returned';
  amountMinor: number;
  currency: string;
}

/** Those of an account that stand at a proven status, among the references that are asked about for it. */
export async function listProvenAttempts(
  db: Db,
  account: { mode: Mode; provider: string; merchantAccount: string },
  references: Record<ProvenAttempt['status'], readonly string[]>,
): Promise<ProvenAttempt[]> {
  const { mode, provider, merchantAccount } = account;
  const { succeeded, failed, returned } = references;
  const rows = await db.$queryRaw<(Omit<ProvenAttempt, 'amountMinor'> & { amountMinor: bigint })[]>`
    SELECT t.reference, t.status, t.amount_minor AS "amountMinor", p.currency
    FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id JOIN payments p ON p.id = a.payment_id
    WHERE ((t.reference = ANY(${[...succeeded]}) AND t.status = 'succeeded')
        OR (t.reference = ANY(${[...failed]}) AND t.status = 'failed')
        OR (t.reference = ANY(${[...returned]}) AND t.status = 'returned')) AND t.mode = ${mode}::"Mode"
      AND COALESCE(t.provider, p.provider) = ${provider} AND COALESCE(t.merchant_account, p.merchant_account) = ${merchantAccount}
    ORDER BY t.reference`;
  return rows.map((row) => ({ ...row, amountMinor: toMinor(row.amountMinor) }));
}
