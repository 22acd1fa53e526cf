import type { SettlementLine } from '../../../domain/reconciliation';
import { GatewayBusyError } from '../gateway';
import {
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementSource,
  type SourceTiming,
} from '../settlement';
import { readDayStatements } from './day-statement';
import { ExchangeUnavailableError, type FileExchange } from './file-exchange';
import type { BankTransferAccountOptions } from './options';

const DAY_MS = 86_400_000;
const RETRY_AFTER_MS = 60_000;

/**
 * The bank's own statements, camt.053, out of the same exchange as its other answers. Banks write none for days on which
 * they do not book: such a day is known to be empty as soon as a statement of a later day is there.
 */
export class BankTransferSettlement implements SettlementSource {
  readonly provider = 'bank_transfer';
  readonly timing: SourceTiming = { dayOffsetMinutes: 0, graceMs: 3 * DAY_MS, patienceMs: 6 * DAY_MS };
  /** Days of each file that was read; null: not a statement. A file never changes once it is listed. */
  private readonly daysOf = new Map<string, readonly string[] | null>();
  private readonly exchange: FileExchange;

  constructor(options: Pick<BankTransferAccountOptions, 'exchange'>) {
    this.exchange = options.exchange;
  }

  async *fetchDay(day: string): AsyncIterable<SettlementLine> {
    const names = await this.orBusy(() => this.exchange.list());
    const seen = new Set<string>();
    let damaged: SettlementUnreadableError | null = null;
    let isStated = false;
    let isLater = false;
    for (const name of names) {
      const known = this.daysOf.get(name);
      if (known === null || (known !== undefined && !known.includes(day))) {
        isLater ||= known?.some((other) => other > day) ?? false;
        continue;
      }
      let statements: ReturnType<typeof readDayStatements>;
      try {
        statements = readDayStatements(await this.orBusy(() => this.exchange.read(name)));
      } catch (error) {
        if (!(error instanceof SettlementUnreadableError)) throw error;
        damaged = error;
        continue;
      }
      this.daysOf.set(name, statements?.map((statement) => statement.day) ?? null);
      for (const statement of statements ?? []) {
        isLater ||= statement.day > day;
        if (statement.day !== day) continue;
        isStated = true;
        // A statement that is sent again has its lines under the same keys.
        for (const line of statement.lines) {
          if (seen.has(line.key)) continue;
          seen.add(line.key);
          yield line;
        }
      }
    }
    if (isStated) return;
    // The damaged file may be the one that is looked for.
    if (damaged !== null) throw damaged;
    if (!isLater) throw new SettlementNotReadyError(this.provider, 'no_statement');
  }

  private async orBusy<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ExchangeUnavailableError)) throw error;
      throw new GatewayBusyError(this.provider, error.code, RETRY_AFTER_MS);
    }
  }
}
