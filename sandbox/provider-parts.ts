import type { FaultBoard } from './faults';
import type { Log } from './http';
import type { Journal } from './journal';
import type { Ledger } from './ledger';
import type { Timers } from './timers';

/** What the server gives each provider. */
export interface ProviderParts {
  readonly journal: Journal;
  readonly faults: FaultBoard;
  readonly ledger: Ledger;
  readonly timers: Timers;
  readonly log: Log;
}
