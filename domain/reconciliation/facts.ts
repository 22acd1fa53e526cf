import type { AttemptStatus } from '../payment';

/**
 * What a line of a provider's record says became of a refund. `returned`: the money had moved and has come back; beside a
 * line that says `succeeded` it takes that one back.
 */
export type SettlementStatus = 'succeeded' | 'pending' | 'failed' | 'returned';

/** One line of a provider's record of a day: a settlement file, or what its API lists of the balance. */
export interface SettlementLine {
  /** Its place in the provider's record of that day: the same line read twice has the same key, a second line another. */
  key: string;
  /** The reference we gave; null when the provider shows none. */
  reference: string | null;
  /** The provider's own id of the refund; null where it has none. */
  providerRefundId: string | null;
  /** Every name by which the provider shows the payment; empty where it shows none. */
  providerPaymentIds: string[];
  /** ISO 4217 minor units, above zero, whichever way the money went. */
  amountMinor: number;
  currency: string;
  /** ISO instant at which the provider says it happened. */
  at: string;
  status: SettlementStatus;
  /** What the provider kept for itself; null where it does not say. */
  feeMinor: number | null;
  /** What the provider's balance was charged, where the record says that it is kept in another currency; else null. */
  settled: SettledIn | null;
}

/** A refund in the currency of the balance that it left. */
export interface SettledIn {
  currency: string;
  /** Minor units of that currency, above zero. */
  amountMinor: number;
  /** Units of that currency for one unit of the refund's, as a decimal text. */
  rate: string;
}

/** One attempt to pay a leg, as our books have it now. */
export interface BookLine {
  reference: string;
  refundId: string;
  legId: string;
  attempt: number;
  paymentId: string;
  providerPaymentId: string;
  providerRefundId: string | null;
  status: AttemptStatus | 'returned';
  amountMinor: number;
  currency: string;
  /** ISO instant before the first call; null: never sent. */
  instructedAt: string | null;
  /** ISO instant at which the books came to the present status. */
  changedAt: string;
}

/** What a leg looks like, whoever says it. */
export interface LegFact {
  legId: string;
  reference: string;
  status: string;
  amountMinor: number;
}

/** Where a refund stands, by Postgres or by its workflow. */
export interface StandFact {
  status: string;
  seq: number;
  legs: LegFact[];
}

/** Where a refund stands by Postgres, and what its workflow says. */
export interface ProcessFact {
  refundId: string;
  stand: StandFact;
  /** ISO instant of the last change. */
  changedAt: string;
  /** Final, or the watch over its arrival has ended: then no workflow needs to run. */
  isOver: boolean;
  /** `closed`: it ended; `missing`: Temporal knows none (any more). */
  workflow: 'running' | 'closed' | 'missing';
  /** What the workflow says; null when it says nothing: it is missing, or ended without a result. */
  says: { status: string; seq: number; legs: LegFact[] | null } | null;
}

/** What the CRM should know of a refund, and what it does know. */
export interface CrmFact {
  refundId: string;
  /** The transition that the CRM must know by now; null: nothing is due. */
  dueSeq: number | null;
  /** Where the refund stands by Postgres. */
  status: string;
  seq: number;
  /** The transition that was last written to the CRM; null: none. */
  syncedSeq: number | null;
  /** What the CRM itself showed. */
  record: { found: true; status: string | null } | { found: false } | 'not_asked';
}

/** The sums of a payment as its row has them, and as the rows that they stand for add up to. Minor units. */
export interface PaymentFact {
  paymentId: string;
  row: { refundedMinor: number; reservedMinor: number };
  rows: { refundedMinor: number; reservedMinor: number };
  /** What the double-entry ledger says. */
  ledger: { refundedMinor: number; reservedMinor: number };
}
