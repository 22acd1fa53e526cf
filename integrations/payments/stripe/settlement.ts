import type Stripe from 'stripe';
import { isRate } from '../../../domain/money';
import { dayBounds, type SettledIn, type SettlementLine } from '../../../domain/reconciliation';
import { GatewayBusyError } from '../gateway';
import { SettlementUnreadableError, type SettlementSource, type SourceTiming } from '../settlement';
import { createStripeClient, type StripeAccountOptions } from './client';
import { fromStripeAmount } from './currency';
import { REFERENCE_KEY } from './refund-facts';
import { verdictOf } from './verdict';

const HOUR_MS = 3_600_000;
const PAGE_SIZE = 100;
const RETRY_AFTER_MS = 30_000;
const RATE_DECIMALS = 12;

/** Movements of the balance that are refunds (docs.stripe.com/reports/balance-transaction-types), and what they do. */
const TYPES = {
  refund: 'succeeded',
  payment_refund: 'succeeded',
  // The money of a refund that failed has come back to the balance.
  refund_failure: 'returned',
  payment_failure_refund: 'returned',
} as const;

/** Stripe's balance: each refund as it left it, and as it came back. Days are UTC's. */
export class StripeSettlement implements SettlementSource {
  readonly provider = 'stripe';
  readonly timing: SourceTiming = { dayOffsetMinutes: 0, graceMs: HOUR_MS, patienceMs: 24 * HOUR_MS };
  private readonly stripe: Stripe;

  constructor(options: StripeAccountOptions) {
    this.stripe = createStripeClient(options);
  }

  async *fetchDay(day: string): AsyncIterable<SettlementLine> {
    const { fromMs, untilMs } = dayBounds(day, this.timing.dayOffsetMinutes);
    const created = { gte: fromMs / 1_000, lt: untilMs / 1_000 };
    for (const [type, status] of Object.entries(TYPES) as [keyof typeof TYPES, SettlementLine['status']][]) {
      try {
        const list = this.stripe.balanceTransactions.list({ created, type, limit: PAGE_SIZE, expand: ['data.source'] });
        for await (const transaction of list) yield lineOf(transaction, status);
      } catch (error) {
        throw this.failure(error);
      }
    }
  }

  /** Reading moves nothing: what may heal by itself is asked again, whatever became of the call. */
  private failure(error: unknown): unknown {
    if (error instanceof SettlementUnreadableError) return error;
    const verdict = verdictOf(error);
    if (verdict === null) return error;
    if (verdict.kind === 'busy') return new GatewayBusyError(this.provider, verdict.code, verdict.retryAfterMs);
    if (verdict.kind === 'ambiguous') return new GatewayBusyError(this.provider, verdict.failure.code, RETRY_AFTER_MS);
    return new SettlementUnreadableError(this.provider, verdict.failure.code, { cause: error });
  }
}

function lineOf(transaction: Stripe.BalanceTransaction, status: SettlementLine['status']): SettlementLine {
  const { source } = transaction;
  if (typeof source !== 'object' || source === null || source.object !== 'refund') throw unreadable('source');
  // The balance may be kept in another currency than the payment's; then the refund itself says the amount.
  const same = transaction.currency === source.currency;
  const amountMinor = fromStripeAmount(same ? Math.abs(transaction.amount) : source.amount, source.currency);
  if (amountMinor === null) throw unreadable(`currency_${source.currency}`);
  const isPending = status === 'succeeded' && (source.status === 'pending' || source.status === 'requires_action');
  const names = [source.payment_intent, source.charge].map((one) => (typeof one === 'object' ? one?.id : one));
  return {
    key: transaction.id,
    reference: source.metadata?.[REFERENCE_KEY] ?? null,
    providerRefundId: source.id,
    providerPaymentIds: names.filter((name) => typeof name === 'string'),
    amountMinor,
    currency: source.currency.toUpperCase(),
    at: new Date(transaction.created * 1_000).toISOString(),
    status: isPending ? 'pending' : status,
    feeMinor: fromStripeAmount(transaction.fee, transaction.currency),
    settled: same ? null : settledIn(transaction),
  };
}

/** What the balance was charged in its own currency; null where Stripe states no rate, or none that can be kept. */
function settledIn({ amount, currency, exchange_rate: rate }: Stripe.BalanceTransaction): SettledIn | null {
  const amountMinor = fromStripeAmount(Math.abs(amount), currency);
  // As a decimal: a number that is small enough would be written with an exponent.
  const text = rate === null ? '' : rate.toFixed(RATE_DECIMALS).replace(/\.?0+$/, '');
  if (amountMinor === null || amountMinor === 0 || !isRate(text)) return null;
  return { currency: currency.toUpperCase(), amountMinor, rate: text };
}

const unreadable = (code: string): SettlementUnreadableError => new SettlementUnreadableError('stripe', code);
