/**
 * What a condition may speak of, by the names that authors of policies write. Whole numbers and texts only, so that the
 * same facts give the same answer for ever; what is not known is an empty text.
 */
export interface ConditionFacts {
  refund: {
    amountMinor: number;
    currency: string;
    reasonCode: string;
    channel: string;
    /** In characters. */
    descriptionLength: number;
    evidenceCount: number;
    /** What it gives beside the refund; 0 for nothing. */
    goodwillMinor: number;
    /** customer · person · system: who brought the request; a condition on it is not answered where it was not kept. */
    enteredBy?: string;
  };
  order: {
    /** Whole days of 24 hours since it was placed. */
    ageDays: number;
    /** What is open and paid on the order together, this request included. */
    openAndPaidMinor: number;
    branch: string;
    jurisdiction: string;
  };
  /** The lines to be refunded, or all lines of the order when the request names none. */
  lines: { category: string; attributes: Readonly<Record<string, unknown>> }[];
  payments: { provider: string; currency: string }[];
  /** Absent where it was not kept: then a condition on it is not answered. */
  customer?: {
    tier: string;
    /** Whole days of 24 hours since the shop first told of them. */
    ageDays: number;
  };
  /** Absent where it was not kept: then a condition on it is not answered. See domain/risk. */
  risk?: {
    score: number;
    grade: string;
    /** Of the reasons of the score. */
    signals: string[];
    requestsDay: number;
    requestsMonth: number;
    requestsYear: number;
    ordersYear: number;
    purchasedYearMinor: number;
    refundedYearMinor: number;
  };
  /** Absent where it was not kept: then a condition on it is not answered. */
  lists?: { blocked: boolean; allowed: boolean };
}
