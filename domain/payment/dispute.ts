/** Where a dispute stands: `open` freezes the payment, `lost` keeps its amount counted, the others give it back. */
export const DISPUTE_STATUSES = ['open', 'won', 'lost', 'withdrawn'] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** What a provider, or a person where no provider does, tells of a dispute. */
export interface DisputeNotice {
  providerDisputeId: string;
  /** Every id by which the provider names the payment. */
  providerPaymentIds: string[];
  status: DisputeStatus;
  /** ISO 4217 minor units; null when none is told: a provider then claims the whole payment, a person what is left of it. */
  amountMinor: number | null;
  currency: string;
  /** The provider's own code. */
  reasonCode: string | null;
}

export interface DisputeWord {
  status: DisputeStatus;
  /** When the provider says it happened, ISO instant. */
  occurredAt: string;
}

/**
 * What a further word of the provider makes of a dispute. Notifications come in any order: a dispute that has ended does
 * not open again by a word that is older or says `open`, and of two ends the later counts (money may be reinstated after
 * a loss).
 */
export function mergeDispute(current: DisputeWord, word: DisputeWord): DisputeWord {
  if (word.status === 'open') return current.status === 'open' && word.occurredAt > current.occurredAt ? word : current;
  if (current.status === 'open') return word;
  return word.occurredAt > current.occurredAt ? word : current;
}
