import type { Change, Journal, Table } from './journal';

/** What became of a movement. A failed or cancelled one gave the money back. */
export type MovementStatus = 'pending' | 'succeeded' | 'failed' | 'canceled';

/** One movement of money, whoever the provider is. `amountMinor` in minor units of the ISO 4217 `currency`. */
export interface Movement {
  readonly provider: string;
  readonly reference: string;
  readonly paymentId: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** ISO instant of the commit. */
  readonly at: string;
  readonly status: MovementStatus;
}

/**
 * Every movement of money of every stand-in. A provider commits its own record and the movement in one journal line, so
 * that the ledger can never disagree with what the provider would answer.
 */
export class Ledger {
  private readonly movements: Table<Movement>;

  constructor(journal: Journal) {
    this.movements = journal.table('ledger');
  }

  /** The change that records a movement under the provider's own id of it. */
  record(movementId: string, movement: Movement): Change {
    return this.movements.put(movementId, movement);
  }

  /** The changes that turn a movement to another status; none when the movement is unknown. */
  changeStatus(movementId: string, status: MovementStatus): Change[] {
    const movement = this.movements.get(movementId);
    return movement === undefined ? [] : [this.movements.put(movementId, { ...movement, status })];
  }

  /** Every movement, oldest first. */
  all(): Movement[] {
    return this.movements.all();
  }
}
