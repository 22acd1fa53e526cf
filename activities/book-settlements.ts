import { heartbeat } from '@temporalio/activity';
import { bookExchange, findUnbookedSettlements, type ReconciliationRun } from '../store';
import type { ActivityDeps } from './deps';

/**
 * Books the exchange differences of legs whose provider states in its record what it settled them at in the currency of
 * the books. What is booked already, by finance or an earlier run, stays: begun anew, it books nothing twice.
 * @returns how many it has booked
 */
export async function bookSettlements(
  { db }: Pick<ActivityDeps, 'db'>,
  run: ReconciliationRun,
  days: { from: string; to: string },
  nowIso: string,
): Promise<number> {
  let booked = 0;
  for (const { refundId, legId, settlement } of await findUnbookedSettlements(db, run, days)) {
    const actor = { kind: 'machine', id: null } as const;
    const outcome = await bookExchange(db, { mode: run.mode, refundId, leg: { legId }, settlement, actor }, nowIso);
    if (outcome === 'booked') booked += 1;
    heartbeat();
  }
  return booked;
}
