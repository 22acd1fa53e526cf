import type { Locale } from '../../../domain/money';
import type { DeskKind } from '../../../domain/process';

/**
 * What a letter may say, as text for people: amounts formatted, instants written out in the reader's language and time
 * zone. Null means not known or not applicable; templates leave out what is null. Nothing internal belongs here.
 */
export interface MessageView {
  /** Whom the letter greets: the customer, or the member of staff. */
  recipientName: string;
  /** Name of the shop that signs the letter. */
  shopName: string;
  refundId: string;
  orderExternalId: string;
  /** The amount this letter is about, e.g. `CNY 1,299.00`. */
  amount: string;
  /** The amount that was asked for, when it differs from `amount`; else null. */
  requestedAmount: string | null;
  /** Label of the stage whose turn it is. */
  stageLabel: string | null;
  /** When the reader is to act, or when the stage is due. */
  dueText: string | null;
  /** The days between which the money arrives. */
  arrivalFromText: string | null;
  arrivalToText: string | null;
  /** The number by which the customer's bank can trace the money. */
  traceNumber: string | null;
  /** Where the reader sees the refund: the customer's page for customers, the console for staff. */
  statusUrl: string | null;
  /** What the reader types to decide on the page that `statusUrl` then is; null where they cannot. */
  decisionCode: string | null;
  /** Until when the decline can be appealed; null when it cannot be. */
  appealUntilText: string | null;
  /** True when the decision was taken on an appeal: there is no other. */
  afterAppeal: boolean;
  /** What a reviewer wrote for the customer; never the internal reason. */
  messageToCustomer: string | null;
  /** What is given beside the amount, and for what; null when nothing is. */
  goodwillText: string | null;
  /** The same when it could not be paid, while the refund itself was; else null. */
  goodwillUnpaidText: string | null;
  /** What is kept back of the amount, a line for each deduction with its reason; null when nothing is. */
  deductionsText: string | null;
  /** The clause of the policy that a decline rests on, with its text. */
  clauseText: string | null;
  /** For `payment_delayed`: whether the provider refused, or nobody knows yet. */
  paymentState: 'failed' | 'unknown' | null;
  /** For letters about a payment that failed, came back or is held: why, in words for customers. */
  failureText: string | null;
  /** For `refund_returned`: what came back, when that is a part of the amount; else null. */
  returnedAmount: string | null;
  /** For `refund_returned`: what came back of what was given beside the amount; else null. */
  returnedGoodwill: string | null;
  /** For `refund_given_up`: what was paid of the amount before the rest was given up; else null. */
  paidAmount: string | null;
  /** For letters about the desk: the kind of the desk item; a kind that has no words is shown as it is. */
  deskKind: DeskKind | (string & {}) | null;
}

/** The words of one kind of letter in one language. Every string is a Handlebars template over MessageView. */
export interface LetterWords {
  subject: string;
  /** One line over the text, in HTML alone. */
  heading: string;
  /** A paragraph that comes out empty is left out. */
  paragraphs: readonly string[];
  /** What stands in the table of facts. */
  facts: readonly FactName[];
  /** Label of the link to the refund. */
  action: string;
}

export type FactName =
  | 'refundId'
  | 'orderExternalId'
  | 'amount'
  | 'requestedAmount'
  | 'stageLabel'
  | 'dueText'
  | 'arrival'
  | 'traceNumber';

/** Words that all letters of a language share. */
export interface SharedWords {
  greeting: string;
  closing: string;
  automatic: string;
  facts: Record<FactName, string>;
  arrival: string;
  deskKinds: Readonly<Record<DeskKind, string>>;
}

export type { Locale };
