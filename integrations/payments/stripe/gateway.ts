import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import type { PaymentFailure, PaymentSighting } from '../../../domain/payment';
import {
  GatewayBusyError,
  NOT_FOUND,
  type PaymentGateway,
  type PaymentInstruction,
  type PaymentQuery,
} from '../gateway';
import { lookedUp, settledRefusal, type LookUp, type Source, type Wanted } from '../look-up';
import { refusalOf } from '../refusal-of';
import { sightingOf } from '../sighting-of';
import { STRIPE_CAPABILITIES } from './capabilities';
import { createStripeClient, type StripeAccountOptions } from './client';
import { stripeRefuses, toStripeAmount } from './currency';
import { factsOf, REFERENCE_KEY, REFUND_ID_KEY, type RefundFacts } from './refund-facts';
import { isTopUpWanted, verdictOf, wasLost, type Verdict } from './verdict';

/** Transport keys tried at once for one reference: one more after each stored answer that proved to be nothing. */
const MAX_KEYS = 5;
/** Look-ups that must all find nothing before a spent key is left. */
const LOOK_UPS_BEFORE_NEW_KEY = 2;
const DEFAULT_LOOK_UP_PAUSE_MS = 2_000;
const PAGE_SIZE = 100;

type WantedHere = Wanted & Pick<PaymentQuery, 'currency'>;

/** What became of one try to create a refund. `lost`: an earlier call of the same try was lost on the way. */
type Tried = { refund: Stripe.Refund } | { verdict: Verdict; lost: boolean };

/**
 * Refunds through Stripe's API. How it keeps the gateway's contract:
 *
 * 1. The idempotency key is the reference, and the reference stands in the refund's metadata. Before an instruction is
 *    repeated, the payment's refunds are searched for it, since Stripe forgets keys after a day.
 * 2. A refusal counts as `failed` only after that search found nothing ("already refunded" may mean our own refund), and
 *    never when an earlier call of the same try was lost on the way: that one may be carried out later.
 * 3. Stripe keeps a 500, and a refusal for want of money, for its key and repeats it for ever. When the kept answer comes back
 *    and repeated searches find nothing, the next key of the reference is used (`<reference>-2`, …), always the same ones in
 *    the same order; those that are known to be spent are passed over.
 */
export class StripeGateway implements PaymentGateway {
  readonly provider = 'stripe';
  readonly capabilities = STRIPE_CAPABILITIES;
  private readonly stripe: Stripe;
  private readonly lookUpPauseMs: number;

  constructor(options: StripeAccountOptions) {
    this.stripe = createStripeClient(options);
    this.lookUpPauseMs = options.lookUpPauseMs ?? DEFAULT_LOOK_UP_PAUSE_MS;
  }

  async instruct(instruction: PaymentInstruction): Promise<PaymentSighting> {
    const { amountMinor, currency } = instruction;
    const impossible = stripeRefuses(amountMinor, currency);
    if (impossible !== null) {
      return sightingOf('reply', instruction.now, 'failed', { class: 'interface_changed', code: impossible });
    }
    if (instruction.instructedBefore !== false) {
      const before = await this.lookUp(instruction, 'reply');
      if (before !== 'nothing') return lookedUp(before, 'reply', instruction.now);
    }
    let provenNothing = false;
    let refusal: PaymentFailure | null = null;
    const firstKey = 1 + (instruction.refusals ?? 0);
    for (let key = firstKey; key < firstKey + MAX_KEYS; key += 1) {
      const tried = await this.create(instruction, key);
      if ('refund' in tried) return this.sightingOfRefund(tried.refund, 'reply', instruction);
      const { verdict } = tried;
      if (verdict.kind === 'busy') throw this.busy(verdict);
      refusal = verdict.kind === 'refused' ? verdict.failure : null;
      if (refusal && !(verdict.replayed && isTopUpWanted(refusal.code)))
        return this.settleRefusal(instruction, refusal, tried.lost);
      if (!verdict.replayed) return sightingOf('reply', instruction.now, 'unknown', verdict.failure);
      if (!provenNothing) {
        const seen = await this.lookUpRepeatedly(instruction);
        if (seen !== 'nothing') return lookedUp(seen, 'reply', instruction.now);
        provenNothing = true;
      }
    }
    if (refusal) return this.settleRefusal(instruction, refusal, false);
    const spent = { class: 'provider_maintenance', code: 'keys_spent' } as const;
    return sightingOf('reply', instruction.now, 'unknown', spent);
  }

  async query(query: PaymentQuery): Promise<PaymentSighting> {
    if (query.providerRefundId !== null) {
      try {
        const refund = await this.stripe.refunds.retrieve(query.providerRefundId);
        if (refund.metadata?.[REFERENCE_KEY] === query.reference) return this.sightingOfRefund(refund, 'query', query);
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict === null) throw error;
        if (verdict.kind === 'busy') throw this.busy(verdict);
        if (verdict.failure.code !== 'resource_missing')
          return sightingOf('query', query.now, 'unknown', verdict.failure);
      }
    }
    const seen = await this.lookUp(query, 'query');
    if (seen !== 'nothing') return lookedUp(seen, 'query', query.now);
    return sightingOf('query', query.now, 'unknown', { class: 'network', code: NOT_FOUND });
  }

  /** One try under one key; a call that was lost on the way is repeated once, at once, under the same key. */
  private async create(instruction: PaymentInstruction, key: number): Promise<Tried> {
    const { reference, refundId, providerPaymentId, amountMinor, currency } = instruction;
    const parameters: Stripe.RefundCreateParams = {
      ...paymentParameter(providerPaymentId),
      amount: toStripeAmount(amountMinor, currency),
      // Never `fraudulent`: that puts the customer's card and address on block lists.
      reason: 'requested_by_customer',
      metadata: { [REFERENCE_KEY]: reference, [REFUND_ID_KEY]: refundId },
    };
    const idempotencyKey = key === 1 ? reference : `${reference}-${key}`;
    let lost = false;
    for (;;) {
      try {
        return { refund: await this.stripe.refunds.create(parameters, { idempotencyKey }) };
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict === null) throw error;
        if (!lost && wasLost(error)) {
          lost = true;
          continue;
        }
        // The first call may have arrived: a repetition that certainly did nothing proves nothing about it.
        if (lost && verdict.kind === 'busy') {
          return {
            verdict: { kind: 'ambiguous', failure: { class: 'network', code: 'connection_lost' }, replayed: false },
            lost,
          };
        }
        return { verdict, lost };
      }
    }
  }

  /** A refusal, unless the refund that it refuses to repeat is ours. */
  private async settleRefusal(
    instruction: PaymentInstruction,
    failure: PaymentFailure,
    lost: boolean,
  ): Promise<PaymentSighting> {
    const seen = await this.lookUp(instruction, 'reply');
    return settledRefusal(seen, refusalOf(instruction.now, failure, isTopUpWanted), failure, instruction, lost);
  }

  private async lookUpRepeatedly(instruction: PaymentInstruction): Promise<LookUp> {
    for (let n = 1; n <= LOOK_UPS_BEFORE_NEW_KEY; n += 1) {
      if (n > 1) await sleep(this.lookUpPauseMs);
      const seen = await this.lookUp(instruction, 'reply');
      if (seen !== 'nothing') return seen;
    }
    return 'nothing';
  }

  /** Searches the payment's refunds for the reference. @throws GatewayBusyError */
  private async lookUp(wanted: WantedHere, source: Source): Promise<LookUp> {
    const ours: Stripe.Refund[] = [];
    try {
      const list = this.stripe.refunds.list({ ...paymentParameter(wanted.providerPaymentId), limit: PAGE_SIZE });
      for await (const refund of list) {
        if (refund.metadata?.[REFERENCE_KEY] === wanted.reference) ours.push(refund);
      }
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict === null) throw error;
      if (verdict.kind === 'busy') throw this.busy(verdict);
      return { failure: verdict.failure, refused: verdict.kind === 'refused' };
    }
    const moved = ours.filter((refund) => refund.status !== 'failed' && refund.status !== 'canceled');
    const shown = moved[0] ?? ours[0];
    if (shown === undefined) return 'nothing';
    const sighting = this.sightingOfRefund(shown, source, wanted);
    if (moved.length < 2) return { found: sighting };
    // Twice under one reference must never happen; the sum is not the amount instructed, so a person looks.
    const amountMinor = moved.reduce((sum, refund) => sum + (factsOf(refund).amountMinor ?? 0), 0);
    return { found: { ...sighting, amountMinor } };
  }

  private sightingOfRefund(refund: Stripe.Refund, source: Source, wanted: WantedHere): PaymentSighting {
    const facts: RefundFacts =
      refund.currency.toUpperCase() === wanted.currency
        ? factsOf(refund)
        : {
            ...factsOf(refund),
            outcome: 'unknown',
            amountMinor: null,
            failure: { class: 'interface_changed', code: 'currency_differs' },
          };
    return { source, providerEventId: null, at: wanted.now, ...facts };
  }

  private busy(verdict: { code: string; retryAfterMs: number }): GatewayBusyError {
    return new GatewayBusyError(this.provider, verdict.code, verdict.retryAfterMs);
  }
}

/** Older integrations stored the charge instead of the payment intent. */
function paymentParameter(providerPaymentId: string): { payment_intent: string } | { charge: string } {
  return /^(ch|py)_/.test(providerPaymentId) ? { charge: providerPaymentId } : { payment_intent: providerPaymentId };
}
