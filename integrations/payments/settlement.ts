import type { SettlementLine, SettlementTiming } from '../../domain/reconciliation';

/** How long a provider's record of a day is waited for, beside how it counts days. */
export interface SourceTiming extends SettlementTiming {
  /** After this long nobody waits on: a person looks. Milliseconds from the first question. */
  patienceMs: number;
}

/**
 * What a provider says happened on a day, on one account. The contract, proven by
 * test/contract/payments/settlement-suite.ts:
 *
 * 1. Every refund and every return of one that the provider counts to the day is a line, and nothing else is.
 * 2. The same record read twice gives the same lines under the same keys.
 * 3. What cannot be verified or read is an error, never a record without the lines in question.
 */
export interface SettlementSource {
  readonly provider: string;
  readonly timing: SourceTiming;
  /**
   * The lines of a day, in the order of the record.
   * @param day `YYYY-MM-DD` as the provider counts days
   * @param now ISO instant of the question
   * @throws SettlementNotReadyError, SettlementUnreadableError, GatewayBusyError
   */
  fetchDay(day: string, now: string): AsyncIterable<SettlementLine>;
}

/** The provider has no record of that day yet. */
export class SettlementNotReadyError extends Error {
  override readonly name = 'SettlementNotReadyError';

  constructor(
    readonly provider: string,
    readonly code: string,
  ) {
    super(`${provider} has no record of that day yet (${code}).`);
  }
}

/** There is a record, or an answer, that must not be believed or cannot be understood. */
export class SettlementUnreadableError extends Error {
  override readonly name = 'SettlementUnreadableError';

  constructor(
    readonly provider: string,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The record of ${provider} cannot be read (${code}).`, options);
  }
}

/** Noon in China on the next day: by then bills of a day are made, as the providers promise ten o'clock. */
export const isPastChineseNoonAfter = (day: string, now: string): boolean =>
  Date.parse(now) >= Date.parse(`${day}T04:00:00Z`) + 86_400_000;

/** `yyyy-MM-dd HH:mm:ss` in China's time as an ISO instant; null for anything else. */
export function chinaTime(text: string | undefined): string | null {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text ?? '');
  const instant = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}+08:00`);
  return Number.isNaN(instant) ? null : new Date(instant).toISOString();
}
