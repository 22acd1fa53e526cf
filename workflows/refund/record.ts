import { condition, log, patched, sleep } from '@temporalio/workflow';
import { returnsOf, type Transition } from '../../domain/refund';
import { database } from './activities';
import { show } from './show';
import type { Outcome, RefundCase } from './state';
import { tellOutsiders } from './steps/tell';

/**
 * Records one transition behind the last one. What stands at its place is adopted, even if it is another transition
 * that a lost workflow task had committed; then the answer is false, and the caller judges its own again.
 */
export async function record(refund: RefundCase, transition: Transition): Promise<boolean> {
  const { input, state } = refund;
  const recorded = await database.recordTransition.executeWithOptions({ summary: `record ${transition.kind}` }, [
    {
      refundId: input.refundId,
      planHash: input.planHash,
      seq: state.seq + 1,
      at: new Date().toISOString(),
      transition,
    },
  ]);
  const outcome: Outcome = recorded.refused
    ? { verdict: null, refused: recorded.refused }
    : { verdict: { seq: recorded.state.seq, status: recorded.state.status }, refused: null };
  refund.outcomes[recorded.transitionId] = outcome;
  refund.tellsTogether = recorded.tellsTogether ?? false;
  if (recorded.refused) log.info('A transition was refused.', { kind: transition.kind, code: recorded.refused.code });
  if (recorded.state.seq > state.seq) {
    refund.state = recorded.state;
    show(refund, recorded.transitionId === transition.id && transition.kind === 'replan');
    // Wherever in its course that happens, it is told as what it is, at the transition that wrote the letters.
    if (returnsOf(recorded.state.legs) > returnsOf(state.legs)) tellOutsiders(refund, 'money came back');
  }
  return recorded.transitionId === transition.id;
}

/** Takes the first thing from the inbox and records it, unless it has its outcome already. */
export async function takeOne(refund: RefundCase): Promise<void> {
  const queued = refund.inbox[0];
  if (!queued) return;
  const { transition, answer } = queued;
  if (!refund.outcomes[transition.id] && !(await record(refund, transition))) return;
  refund.inbox.shift();
  const outcome = refund.outcomes[transition.id];
  if (outcome) answer?.(outcome);
  // What did not stand for its command says nothing of the command: the real message may still come, and then counts.
  if (outcome?.refused?.code === 'command_invalid') delete refund.outcomes[transition.id];
  // Its id is that of the next version: refused, because the order was as before, it is looked at again when told again.
  else if (outcome?.refused && transition.kind === 'order_changed' && patched('order-looked-at-again'))
    delete refund.outcomes[transition.id];
}

/**
 * Waits until something is in the inbox or the instant has come; null waits for the inbox alone. A timer that runs
 * already and fires no later serves again: deadlines mostly move back, and each timer costs history.
 */
export async function waitFor(refund: RefundCase, at: string | null, summary: string): Promise<void> {
  if (at && (refund.wakeAt === null || refund.wakeAt > at)) startTimer(refund, at, summary);
  const until = refund.wakeAt;
  await condition(() => refund.inbox.length > 0 || (at !== null && refund.wakeAt !== until));
}

/** True when an instant has come by the workflow's own time. */
export const hasCome = (at: string): boolean => Date.parse(at) <= Date.now();

function startTimer(refund: RefundCase, at: string, summary: string): void {
  refund.wakeAt = at;
  void sleep(Math.max(1, Date.parse(at) - Date.now()), { summary }).then(() => {
    if (refund.wakeAt === at) refund.wakeAt = null;
  });
}
