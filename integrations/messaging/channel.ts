/** A letter that is ready to go. */
export interface OutgoingEmail {
  /** Without angle brackets, e.g. `ms_01…@redress`. The same on every resend, so that mail programs show one letter. */
  messageId: string;
  /** One address; lists are refused. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** BCP 47, for the Content-Language header. */
  locale: string;
}

/**
 * One way to reach people. The contract, proven by test/contract/messaging/:
 *
 * 1. `send` returns only after the other side has taken the message over.
 * 2. MessagePermanentError: this message will be refused again. MessageTransientError: send it again later, unchanged;
 *    with `ambiguous` it may have arrived already.
 * 3. It repeats nothing by itself: how often a message is tried is the caller's business.
 */
export interface NotificationChannel {
  readonly channel: 'email';
  /** @throws MessagePermanentError, MessageTransientError */
  send(message: OutgoingEmail): Promise<void>;
  /** Ends the connections; a message on its way may end in MessageTransientError. */
  close(): void;
}

/** The message is refused for good. `code` is the other side's own where there is one, e.g. `550`. */
export class MessagePermanentError extends Error {
  override readonly name = 'MessagePermanentError';

  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The message is refused: ${code}.`, options);
  }
}

/** The message could not be handed over now. */
export class MessageTransientError extends Error {
  override readonly name = 'MessageTransientError';

  constructor(
    readonly code: string,
    /** Whether it may have arrived all the same. */
    readonly ambiguous: boolean,
    options?: ErrorOptions,
  ) {
    super(`The message could not be handed over now: ${code}.`, options);
  }
}
