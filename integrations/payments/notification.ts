import type { DisputeNotice, SightingFacts } from '../../domain/payment';
import type { Mode } from './gateway';

/** A notification whose sender and time are proven. */
export interface VerifiedNotification {
  mode: Mode;
  /** The provider's id of the event: the same for every delivery of it. */
  providerEventId: string;
  type: string;
  /** Our reference, when the provider sends it along. */
  reference: string | null;
  providerRefundId: string | null;
  /** Every name by which the provider shows the payment; empty where it shows none. */
  providerPaymentIds: string[];
  /** When the provider says it happened, ISO instant. */
  occurredAt: string;
  /**
   * What it says about a refund; the caller compares the amount, and asks the provider when in doubt. Null when the event says
   * nothing about one refund.
   */
  facts: SightingFacts | null;
  /** Set when the event is about a dispute of a payment. */
  dispute?: DisputeNotice;
}

/** Headers as node:http gives them: lower-case names. */
export type NotificationHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Verifies and parses what one account's provider sends. */
export interface NotificationVerifier {
  /**
   * @param rawBody the bytes as they came: signatures are over bytes, not over parsed values
   * @param now when it was received
   * @throws ForgedNotificationError
   */
  verify(headers: NotificationHeaders, rawBody: Uint8Array, now: Date): VerifiedNotification;
}

/** The HTTP answer by which a provider knows what became of its notification. */
export interface NotificationAnswer {
  status: number;
  /** A text is sent as plain text, anything else as JSON; null is no body. */
  body: string | Readonly<Record<string, unknown>> | null;
}

/** What one provider wants to read; whatever else it reads makes it send again. */
export interface NotificationAnswers {
  received: NotificationAnswer;
  /** Null: any error will do, so the interface answers with a problem as everywhere. */
  refused: NotificationAnswer | null;
}

export type ForgeryReason =
  | 'no_signature'
  | 'bad_signature'
  /** A forgery by the provider itself, sent to see whether signatures are checked: refused, and no reason to worry. */
  | 'signature_probe'
  | 'unknown_key'
  | 'too_old'
  | 'too_new'
  | 'wrong_mode'
  | 'wrong_account'
  | 'unreadable';

/** A notification that must not be believed. Nothing of its body is in the error. */
export class ForgedNotificationError extends Error {
  override readonly name = 'ForgedNotificationError';

  constructor(
    readonly provider: string,
    readonly reason: ForgeryReason,
  ) {
    super(`A notification that claims to come from ${provider} is refused: ${reason}.`);
  }
}
