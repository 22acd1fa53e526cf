import type { FreezeReason } from '../domain/payment';
import { toMinor, type Database, type Db } from './client';
import { readDispute, type DisputeRecord } from './dispute-views';
import { recordDispute } from './disputes';
import type { PersonAct } from './two-person';

/** How a person names a payment: as its provider does, or as its order does. */
export type PaymentName =
  | { provider: string; merchantAccount: string; providerPaymentId: string }
  | { orderExternalId: string; paymentExternalId: string };

export interface Freeze {
  id: string;
  payment: PaymentName;
  /** ISO 4217 minor units; null claims all that is left of the payment. */
  amountMinor: number | null;
  /** Of the amount; null where none is named. */
  currency: string | null;
  reasonCode: FreezeReason;
  /** A text of people: it stays in the row. */
  reason: string;
}

/** What became of a person's wish to freeze a payment. */
export type FreezeOutcome =
  | { kind: 'frozen'; dispute: DisputeRecord }
  | { kind: 'no_payment' }
  | { kind: 'other_currency' }
  | { kind: 'above_capture' };

/**
 * Freezes a payment in the name of one person, by the rows and the course of a dispute that its provider tells of: when this
 * answers, nothing is paid beside it any more. Lifting it takes two (dispute-outcome.ts). The same id twice is one freeze.
 */
export async function freezePayment(db: Database, act: PersonAct, freeze: Freeze): Promise<FreezeOutcome> {
  return await db.$transaction(async (tx) => {
    const before = await readDispute(tx, act.mode, freeze.id);
    if (before) return { kind: 'frozen', dispute: before };
    const payment = await findPayment(tx, act, freeze.payment);
    if (!payment) return { kind: 'no_payment' };
    if (freeze.currency !== null && freeze.currency !== payment.currency) return { kind: 'other_currency' };
    if (freeze.amountMinor !== null && freeze.amountMinor > toMinor(payment.capturedMinor))
      return { kind: 'above_capture' };
    const { personId, commandId, nowIso } = act;
    await recordDispute(
      tx,
      {
        mode: act.mode,
        provider: payment.provider,
        merchantAccount: payment.merchantAccount,
        teller: {
          kind: 'person',
          personId,
          commandId,
          kept: { source: 'person', openedBy: personId, reason: freeze.reason },
        },
        occurredAt: nowIso,
      },
      {
        providerDisputeId: freeze.id,
        providerPaymentIds: [payment.providerPaymentId],
        status: 'open',
        amountMinor: freeze.amountMinor,
        currency: payment.currency,
        reasonCode: freeze.reasonCode,
      },
      nowIso,
    );
    const dispute = await readDispute(tx, act.mode, freeze.id);
    if (!dispute) throw new Error(`The dispute ${freeze.id} is not there after it was written.`);
    return { kind: 'frozen', dispute };
  });
}

/** A payment of an order: what a goodwill budget gives is frozen by a payout stop. */
const findPayment = async (tx: Db, { mode }: PersonAct, name: PaymentName) =>
  tx.payment.findFirst({
    where: {
      mode,
      orderId: { not: null },
      ...('provider' in name
        ? name
        : { externalId: name.paymentExternalId, order: { externalId: name.orderExternalId } }),
    },
    select: { provider: true, merchantAccount: true, providerPaymentId: true, currency: true, capturedMinor: true },
  });
