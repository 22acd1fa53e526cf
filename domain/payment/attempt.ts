/**
 * Where one business attempt to pay stands. `unknown` is a state: it is asked about, never guessed. `returned`: the money
 * was proven to have moved, and is proven to have come back.
 */
export type AttemptStatus = 'reserved' | 'instructed' | 'pending' | 'succeeded' | 'failed' | 'unknown' | 'returned';

/** True when it is proven that the money of an attempt is not with the customer: only then may another one be made. */
export const isProvenUnpaid = (status: AttemptStatus): boolean => status === 'failed' || status === 'returned';

/** True while an attempt may be on its way: nobody knows where its money is. */
export const isInFlight = (status: AttemptStatus): boolean =>
  status === 'instructed' || status === 'pending' || status === 'unknown';

/** One taxonomy for all providers; every class has an owner and a next action. */
export type FailureClass =
  | 'wrong_account_details'
  | 'account_frozen_or_closed'
  | 'card_expired_or_lost'
  | 'insufficient_merchant_funds'
  | 'provider_maintenance'
  | 'network'
  | 'rate_limited'
  | 'interface_changed'
  | 'window_passed'
  | 'disputed'
  | 'refused_by_review'
  | 'withdrawn'
  | 'unknown';

/** Why a payment that is approved is not sent: nothing has left, and nothing is guessed about it. */
export type HoldReason =
  | 'payout_stopped'
  | 'disputed'
  /** A person froze it for a reason that the customer must not learn. */
  | 'frozen'
  /** The provider contradicts itself: the money may have been paid already, by this attempt or an earlier one. */
  | 'contradicted'
  | 'refunded_elsewhere'
  | 'not_captured'
  | 'destination_changed'
  | 'snapshot_changed'
  /** The day is full: what is to be paid would fit into an empty one. */
  | 'daily_cap'
  /** More than the cap of a day by itself: no day is empty enough. */
  | 'above_daily_cap'
  /** Too much is under way unproven. */
  | 'exposure_limit'
  /** More than may be under way at all, by itself. */
  | 'above_exposure_limit'
  | 'insufficient_funds'
  | 'below_floor'
  /** A floor is in force, and nobody has stated of late what the account holds. */
  | 'balance_unknown'
  | 'too_soon'
  | 'cooling_off'
  /** Approved, and of a risk whose grade the policy lets wait before it is paid. */
  | 'risk_delay'
  /** The payee's account waits for its second entry, or for a person to settle the owner's name. */
  | 'payee_unsettled'
  | 'provider_unreachable'
  | 'provider_not_configured';

/** Why nothing was sent now, and when it is worth looking again (ISO instant). */
export interface PaymentHold {
  reason: HoldReason;
  retryAt: string;
  /** The limit that it is above by itself, minor units; absent for every other reason. */
  limitMinor?: number;
}

export interface PaymentFailure {
  class: FailureClass;
  /** The provider's own code, for the desk. */
  code: string;
}

/**
 * One look at what happened to the money: the reply to an instruction, a notification, or the answer to a query.
 * All three are sightings of one fact and are merged in any order.
 */
export interface PaymentSighting {
  source: 'reply' | 'event' | 'query';
  /** `held`: nothing was sent, or the provider sent nothing and takes the same reference again later. */
  outcome: 'pending' | 'succeeded' | 'failed' | 'unknown' | 'held';
  /** Row of the provider's notification, when the source is an event. */
  providerEventId: string | null;
  providerRefundId: string | null;
  /** What the provider says it moves; a difference from ours is never success. */
  amountMinor: number | null;
  /** Why it is not paid; beside `pending`, what keeps it at the provider. */
  failure: PaymentFailure | null;
  /**
   * What the provider has said about the instruction cannot all be true, or not of what was instructed. With the outcome
   * `unknown` alone; `failure` says what.
   */
  contradicts?: true;
  /** The number a bank can trace the money by. */
  traceNumber: string | null;
  /** With the outcome `held` alone. */
  hold?: PaymentHold;
  /** When the provider says it happened, or when we saw it. */
  at: string;
}

/** What a word of the provider says of the money, whoever brings it. */
export type SightingFacts = Pick<
  PaymentSighting,
  'outcome' | 'amountMinor' | 'failure' | 'traceNumber' | 'contradicts'
>;

/** Whether a provider says that it has the payment and makes it by itself once our account there is topped up. */
export const waitsForFunds = ({ outcome, failure }: PaymentSighting): boolean =>
  outcome === 'pending' && failure?.class === 'insufficient_merchant_funds';

/** Where the money of an attempt goes: back the way it came, to another account of the payee, or by hand. */
export type AttemptRoute = 'original' | 'destination' | 'manual';
