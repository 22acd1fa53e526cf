/** Every kind of difference there is. Names are for ever: they stand in keys, rows and answers. */
export const DIFFERENCE_KINDS = [
  /** Our books say that money moved; the provider's record does not have it. */
  'missing_at_provider',
  /** The provider shows a refund that nobody here made. */
  'missing_in_books',
  'amount_differs',
  'currency_differs',
  /** One side says that money moved, the other that it did not, or has come back. */
  'status_differs',
  /** One reference moved money more than once, or stands twice in the provider's record. */
  'duplicate_at_provider',
  /** Two attempts of one leg moved money. */
  'paid_twice',
  /** The provider took it from another payment than ours. */
  'wrong_payment',
  /** The two sides are further apart in time than one event can be. */
  'time_differs_by_day',
  /** The workflow and its projection say different things. */
  'workflow_disagrees',
  /** An open refund without a running workflow. */
  'workflow_missing',
  'crm_missing',
  'crm_stale',
  /** A payment's sums are not what their rows add up to. */
  'ledger_unbalanced',
] as const;

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** What a difference is about; null where it is about no such thing, or that is not known. */
export interface DifferenceSubject {
  reference: string | null;
  providerRefundId: string | null;
  refundId: string | null;
  paymentId: string | null;
  legId: string | null;
}

/** One thing that two owners of the truth say differently. */
export interface Difference {
  kind: DifferenceKind;
  /** The same difference, found again on whichever day, has the same key within its account. */
  key: string;
  subject: DifferenceSubject;
  /** Ids, codes and amounts in minor units; never names. */
  data: Record<string, string | number | boolean | null>;
}

const NOTHING: DifferenceSubject = {
  reference: null,
  providerRefundId: null,
  refundId: null,
  paymentId: null,
  legId: null,
};

/**
 * Makes a difference.
 * @param identity what tells it from every other one of its kind: ids, and the values that differ where another value
 *   would be another difference
 */
export function difference(
  kind: DifferenceKind,
  identity: readonly (string | number)[],
  subject: Partial<DifferenceSubject>,
  data: Difference['data'],
): Difference {
  return { kind, key: [kind, ...identity].join(':'), subject: { ...NOTHING, ...subject }, data };
}

/** Kinds by which money may be gone for good: they are looked at within hours. */
const URGENT: ReadonlySet<DifferenceKind> = new Set([
  'missing_in_books',
  'duplicate_at_provider',
  'paid_twice',
  'status_differs',
  'ledger_unbalanced',
]);

/** When somebody must have looked at a difference that was found at an instant. */
export const differenceDueAt = (kind: DifferenceKind, nowIso: string): string =>
  new Date(Date.parse(nowIso) + (URGENT.has(kind) ? 4 : 24) * 3_600_000).toISOString();
