import { DISCREET_REASONS, mergeDispute, type DisputeNotice, type DisputeStatus } from '../domain/payment';
import { isFinal, isStillToPay, type MessageToSend, type ProcessState, type RefundStatus } from '../domain/refund';
import { appendRefundAudit, appendSharedAudit, type AuditEntry } from './audit';
import { toIso, toMinor, type Db } from './client';
import { openDeskItemOnce } from './desk';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { insertMessages, writeWebhooks } from './outgoing';
import type { Mode } from './refund-views';

/** Where a word on a dispute comes from. */
export interface DisputeSource {
  mode: Mode;
  provider: string;
  merchantAccount: string;
  teller: DisputeTeller;
  occurredAt: string;
}

/** Who tells. A dispute that people tell of has no id but ours. */
export type DisputeTeller =
  /** `eventRow`: the row of the notification. */
  { kind: 'provider'; eventRow: string } | { kind: 'person'; personId: string; commandId: string; kept: KeptByHand };

/** What the row keeps of the words of people: those of who froze, or those of the two who ended it. */
export type KeptByHand =
  | { source: 'person'; openedBy: string; reason: string }
  | {
      outcomeReason: string;
      outcomeProposedBy: string;
      outcomeConfirmedBy: string;
      proposedOutcome: null;
      proposedReason: null;
      proposedBy: null;
      proposedAt: null;
    };

interface Dispute {
  id: string;
  status: DisputeStatus;
  amountMinor: number;
}

/**
 * Takes a word on a dispute, once per its id and in any order, in the transaction that stores it:
 * - an open one claims its amount at once (`disputed_minor`), as far as it fits beside what is spoken for, and is on the
 *   desk with each open refund of the payment; what does not fit is a contradiction for a person; finance, the shop's
 *   system and the customers whose money has not left are told; a person who names no amount claims all that is left, also
 *   what refunds hold, and contradicts nothing;
 * - a lost one stays counted, one that is won or withdrawn gives its amount back; each settles what the desk was asked.
 * Nothing is paid while one is open (store/interlocks.ts). The order of locks is the record step's: refunds, payment.
 */
export async function recordDispute(
  tx: Db,
  source: DisputeSource,
  notice: DisputeNotice,
  nowIso: string,
): Promise<void> {
  const payment = await findPayment(tx, source, notice);
  const refundIds = payment === null ? [] : await lockWithRefunds(tx, payment.id);
  const amountMinor = payment && isWhole(source, notice) ? await leftOf(tx, payment.id) : notice.amountMinor;
  const { dispute, changed } = await write(tx, source, { ...notice, amountMinor }, payment, nowIso);
  if (!changed) return;
  const countedMinor = payment === null ? 0 : await count(tx, payment.id, nowIso);
  await audit(tx, source, dispute, { refundIds, paymentId: payment?.id ?? null, countedMinor }, nowIso);
  if (dispute.status !== 'open') {
    await settle(tx, dispute, nowIso);
    return;
  }
  await ask(tx, source, notice, dispute, payment?.id ?? null, refundIds, nowIso);
  if (payment) await tell(tx, source.mode, payment.id, refundIds, isDiscreet(source, notice), nowIso);
}

/**
 * Gives disputes that came before their payment to it: its order has just been stated. Call it in the order's transaction,
 * which has written the payment.
 */
export async function linkDisputes(tx: Db, paymentId: string, nowIso: string): Promise<void> {
  const linked = await tx.$executeRaw`
    UPDATE disputes d SET payment_id = p.id FROM payments p
    WHERE p.id = ${paymentId} AND d.payment_id IS NULL AND d.mode = p.mode AND d.provider = p.provider
      AND d.merchant_account = p.merchant_account AND d.provider_payment_ids @> ARRAY[p.provider_payment_id]`;
  if (linked > 0) await count(tx, paymentId, nowIso);
}

/** Locks a payment behind its open refunds, as the record step does. @returns those refunds */
export async function lockWithRefunds(tx: Db, paymentId: string): Promise<string[]> {
  const refundIds = await openRefundsOf(tx, paymentId);
  await tx.$queryRaw`SELECT id FROM refunds WHERE id = ANY(${refundIds}) ORDER BY id FOR UPDATE`;
  await tx.$queryRaw`SELECT id FROM payments WHERE id = ${paymentId} FOR UPDATE`;
  return refundIds;
}

async function findPayment(
  tx: Db,
  source: DisputeSource,
  { providerPaymentIds }: DisputeNotice,
): Promise<{ id: string; capturedMinor: number } | null> {
  const { mode, provider, merchantAccount } = source;
  const row = await tx.payment.findFirst({
    where: { mode, provider, merchantAccount, providerPaymentId: { in: providerPaymentIds } },
    select: { id: true, capturedMinor: true },
  });
  return row && { id: row.id, capturedMinor: toMinor(row.capturedMinor) };
}

/** What has not left a payment and nobody has disputed; what refunds hold is part of it. Read under the payment's lock. */
async function leftOf(tx: Db, paymentId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ minor: bigint }[]>`
    SELECT GREATEST(0, p.captured_minor - p.refunded_minor
      - GREATEST(p.refunded_elsewhere_minor, p.stated_elsewhere_minor)
      - (SELECT COALESCE(sum(d.amount_minor), 0) FROM disputes d
          WHERE d.payment_id = p.id AND d.status IN ('open', 'lost') AND d.currency = p.currency))::bigint AS minor
    FROM payments p WHERE p.id = ${paymentId}`;
  if (!row) throw new Error(`The payment ${paymentId} went while it was locked.`);
  return toMinor(row.minor);
}

async function openRefundsOf(tx: Db, paymentId: string): Promise<string[]> {
  const rows = await tx.refund.findMany({
    where: { allocations: { some: { paymentId } } },
    select: { id: true, status: true },
    orderBy: { id: 'asc' },
  });
  return rows.filter((row) => !isFinal(row.status as RefundStatus)).map((row) => row.id);
}

/** Whether a person freezes all of a payment, naming no amount. */
const isWhole = ({ teller }: DisputeSource, { amountMinor }: DisputeNotice): boolean =>
  teller.kind === 'person' && amountMinor === null;

const isEnding = (teller: DisputeTeller): boolean => teller.kind === 'person' && 'outcomeConfirmedBy' in teller.kept;

/** Writes the dispute, or what the word makes of the one that stands. `changed`: there is something to act on. */
async function write(
  tx: Db,
  source: DisputeSource,
  notice: DisputeNotice,
  payment: { id: string; capturedMinor: number } | null,
  nowIso: string,
): Promise<{ dispute: Dispute; changed: boolean }> {
  const { mode, provider, merchantAccount, teller, occurredAt } = source;
  const kept = teller.kind === 'person' ? teller.kept : {};
  const { providerDisputeId, providerPaymentIds, status, currency, reasonCode } = notice;
  const amountMinor = notice.amountMinor ?? payment?.capturedMinor ?? 0;
  const key = { mode, provider, merchantAccount, providerDisputeId };
  const now = new Date(nowIso);
  // The words of the two who end a dispute stand on nothing but what is there.
  const inserted = isEnding(teller)
    ? { count: 0 }
    : await tx.dispute.createMany({
        data: [
          {
            id: teller.kind === 'person' ? providerDisputeId : newId('dp'),
            ...key,
            ...kept,
            providerPaymentIds,
            paymentId: payment?.id ?? null,
            status,
            amountMinor: BigInt(amountMinor),
            currency,
            reasonCode,
            occurredAt: new Date(occurredAt),
            openedAt: now,
            closedAt: status === 'open' ? null : now,
          },
        ],
        skipDuplicates: true,
      });
  await tx.$queryRaw`
    SELECT id FROM disputes WHERE mode = ${mode}::"Mode" AND provider = ${provider} AND merchant_account = ${merchantAccount}
      AND provider_dispute_id = ${providerDisputeId} FOR UPDATE`;
  const stored = await tx.dispute.findUniqueOrThrow({
    where: { mode_provider_merchantAccount_providerDisputeId: key },
  });
  const before: Dispute = {
    id: stored.id,
    status: stored.status as DisputeStatus,
    amountMinor: toMinor(stored.amountMinor),
  };
  if (inserted.count === 1) return { dispute: before, changed: true };
  const current = { status: before.status, occurredAt: toIso(stored.occurredAt) };
  const merged = mergeDispute(current, { status, occurredAt });
  if (merged === current) return { dispute: before, changed: false };
  await tx.dispute.update({
    where: { id: stored.id },
    data: {
      ...kept,
      status: merged.status,
      occurredAt: new Date(merged.occurredAt),
      amountMinor: BigInt(amountMinor),
      closedAt: merged.status === 'open' ? null : (stored.closedAt ?? now),
      paymentId: stored.paymentId ?? payment?.id ?? null,
    },
  });
  const changed = merged.status !== before.status || amountMinor !== before.amountMinor;
  return { dispute: { id: stored.id, status: merged.status, amountMinor }, changed };
}

/** Counts what open and lost disputes claim of a payment, as far as it fits. Answers what counts now. */
async function count(tx: Db, paymentId: string, nowIso: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ disputed_minor: bigint }[]>`
    UPDATE payments p SET updated_at = ${new Date(nowIso)}, disputed_minor = LEAST(
      (SELECT COALESCE(sum(d.amount_minor), 0) FROM disputes d
        WHERE d.payment_id = p.id AND d.status IN ('open', 'lost') AND d.currency = p.currency)::bigint,
      p.captured_minor - p.refunded_minor - p.refunded_elsewhere_minor - p.reserved_minor)
    WHERE p.id = ${paymentId} RETURNING p.disputed_minor`;
  if (!row) throw new Error(`The payment ${paymentId} went while it was locked.`);
  return toMinor(row.disputed_minor);
}

async function audit(
  tx: Db,
  source: DisputeSource,
  dispute: Dispute,
  of: { refundIds: string[]; paymentId: string | null; countedMinor: number },
  nowIso: string,
): Promise<void> {
  const { teller } = source;
  const entry: AuditEntry = {
    type: `payment.dispute_${dispute.status === 'open' ? 'opened' : dispute.status}`,
    actor: teller.kind === 'person' ? { kind: 'person', id: teller.personId } : { kind: 'machine', id: null },
    data: {
      disputeId: dispute.id,
      paymentId: of.paymentId,
      amountMinor: dispute.amountMinor,
      disputedMinor: of.countedMinor,
      ...(teller.kind === 'person' ? { commandId: teller.commandId } : { providerEventId: teller.eventRow }),
    },
  };
  for (const refundId of of.refundIds) await appendRefundAudit(tx, refundId, nowIso, [entry]);
  const chain = teller.kind === 'person' ? 'configuration' : 'notifications';
  await appendSharedAudit(tx, chain, source.mode, nowIso, [entry]);
}

/** Puts an open dispute on the desk, with every open refund of the payment; and apart from it what does not fit. */
async function ask(
  tx: Db,
  source: DisputeSource,
  notice: DisputeNotice,
  dispute: Dispute,
  paymentId: string | null,
  refundIds: string[],
  nowIso: string,
): Promise<void> {
  const data = {
    disputeId: dispute.id,
    provider: source.provider,
    providerDisputeId: source.teller.kind === 'provider' ? notice.providerDisputeId : null,
    paymentId,
    amountMinor: dispute.amountMinor,
    reasonCode: notice.reasonCode,
  };
  for (const refundId of refundIds.length > 0 ? refundIds : [null])
    await openDeskItemOnce(
      tx,
      {
        mode: source.mode,
        refundId,
        kind: 'dispute_opened',
        dedupKey: `dispute:${dispute.id}:${refundId ?? ''}`,
        dueAt: null,
        data,
      },
      nowIso,
    );
  // Who freezes all that is left also freezes what refunds hold: that is no claim beyond it.
  const unclaimedMinor = paymentId === null || isWhole(source, notice) ? 0 : await unclaimed(tx, paymentId);
  if (unclaimedMinor <= 0) return;
  await openDeskItemOnce(
    tx,
    {
      mode: source.mode,
      refundId: refundIds[0] ?? null,
      kind: 'payment_contradiction',
      dedupKey: `dispute-beyond-cap:${dispute.id}`,
      dueAt: null,
      data: { ...data, unclaimedMinor, why: 'disputed_beyond_capture' },
    },
    nowIso,
  );
}

/**
 * Tells of an open dispute: finance and the shop's system of every open refund of the payment, the customer of those whose
 * money has not left, once a refund. Where the customer must not learn of it, finance alone: who works at the shop may tell.
 */
async function tell(
  tx: Db,
  mode: Mode,
  paymentId: string,
  refundIds: string[],
  discreet: boolean,
  nowIso: string,
): Promise<void> {
  const refunds = await tx.refund.findMany({
    where: { id: { in: refundIds } },
    select: { id: true, process: true, customer: { select: { locale: true } } },
    orderBy: { id: 'asc' },
  });
  const subscribers = await tx.webhookEndpoint.findMany({
    where: { mode, status: 'enabled' },
    select: { id: true, events: true },
  });
  for (const { id, process, customer } of refunds) {
    const state = process as unknown as ProcessState;
    const sender = { id, mode, customerLocale: customer.locale };
    const messages: MessageToSend[] = [
      { ...LETTER, kind: 'desk_item_opened', recipient: 'role:finance', data: { deskKind: 'dispute_opened' } },
    ];
    if (!discreet && isStillToPay(state, paymentId))
      messages.push({ ...LETTER, kind: 'refund_disputed', recipient: 'customer', data: {}, once: true });
    await tx.$executeRaw(insertMessages(sender, state.seq, messages, nowIso));
    if (!discreet) await writeWebhooks(tx, sender, state, ['refund.disputed'], subscribers, new Date(nowIso));
  }
}

/**
 * What of payments is claimed by disputes that are known outside, in minor units, by payment; those of which nothing is frozen
 * without anybody outside knowing are left out.
 */
export async function readKnownClaims(db: Db, paymentIds: string[]): Promise<Map<string, bigint>> {
  if (paymentIds.length === 0) return new Map();
  const isDiscreetRow = Prisma.sql`d.status = 'open' AND d.source = 'person' AND d.reason_code = ANY(${[...DISCREET_REASONS]})`;
  const rows = await db.$queryRaw<{ paymentId: string; minor: bigint }[]>`
    SELECT d.payment_id AS "paymentId",
      COALESCE(sum(d.amount_minor) FILTER (WHERE NOT (${isDiscreetRow})), 0)::bigint AS minor
    FROM disputes d
    WHERE d.payment_id = ANY(${paymentIds}) AND d.status IN ('open', 'lost')
    GROUP BY d.payment_id HAVING bool_or(${isDiscreetRow})`;
  return new Map(rows.map(({ paymentId, minor }) => [paymentId, minor]));
}

const isDiscreet = ({ teller }: DisputeSource, { reasonCode }: DisputeNotice): boolean =>
  teller.kind === 'person' && DISCREET_REASONS.some((reason) => reason === reasonCode);

const LETTER = { channel: 'email', owner: 'delivery' } as const;

/** What disputes claim beyond what is left of the payment. */
async function unclaimed(tx: Db, paymentId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ minor: bigint }[]>`
    SELECT (COALESCE(sum(d.amount_minor), 0) - p.disputed_minor)::bigint AS minor
    FROM payments p LEFT JOIN disputes d ON d.payment_id = p.id AND d.status IN ('open', 'lost') AND d.currency = p.currency
    WHERE p.id = ${paymentId} GROUP BY p.id`;
  return row ? toMinor(row.minor) : 0;
}

/** The dispute is over: nobody need follow it. One that gave its amount back contradicts nothing any more. */
async function settle(tx: Db, dispute: Dispute, nowIso: string): Promise<void> {
  const kinds = dispute.status === 'lost' ? ['dispute_opened'] : ['dispute_opened', 'payment_contradiction'];
  await tx.$executeRaw`
    UPDATE desk_items SET status = 'resolved', resolved_at = ${new Date(nowIso)}, resolution = ${`dispute_${dispute.status}`}
    WHERE status = 'open' AND kind = ANY(${kinds}) AND data ->> 'disputeId' = ${dispute.id}`;
}
