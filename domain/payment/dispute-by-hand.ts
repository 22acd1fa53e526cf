import type { DisputeStatus } from './dispute';

/** Why a person freezes a payment that no provider tells us of. */
export const FREEZE_REASONS = [
  'bank_recall',
  'provider_complaint',
  'police_order',
  'suspected_fraud',
  'other',
] as const;
export type FreezeReason = (typeof FREEZE_REASONS)[number];

/** Of these the customer must not learn: who is looked into is not warned. */
export const DISCREET_REASONS: readonly FreezeReason[] = ['police_order', 'suspected_fraud'];

/** How what a person has frozen can end. `lost`: the money is gone; the other two give its amount back. */
export const DISPUTE_OUTCOMES = ['won', 'lost', 'withdrawn'] as const satisfies readonly DisputeStatus[];
export type DisputeOutcome = (typeof DISPUTE_OUTCOMES)[number];

/**
 * Whether what a person froze and that stands like this can still end like that. What is lost may be given back after all;
 * what was given back is over, and whoever knows of more freezes anew.
 */
export const canEndAs = (status: DisputeStatus, outcome: DisputeOutcome): boolean =>
  status === 'open' || (status === 'lost' && outcome !== 'lost');
