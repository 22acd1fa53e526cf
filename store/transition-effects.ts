import type { Effects, StageChange, StoredCommand } from '../domain/process';
import { isFinal, type ProcessState, type RecordTransitionInput } from '../domain/refund';
import { deleteObservation, insertObservation } from './arrival-observations';
import { settleReplan } from './calendar-replans';
import { writePauses } from './clock-pauses';
import { insertDeskItems, resolveDeskItems } from './desk-items';
import { insertMessages } from './outgoing';
import {
  changeLegs,
  changeLines,
  openAttempt,
  readPaidLines,
  releaseReservations,
  returnLeg,
  settleLeg,
  settleLines,
  shrinkReservations,
  takeUpAgain,
  unsettleLines,
} from './reservations';
import type { Fragment } from './rows';
import { changeStages, insertRound, moveStageDues, skipPendingStages } from './stages';
import type { Statements } from './statements';
import type { LockedRefund } from './transition-load';

/** A statement that rests on no answer. */
type Write = () => Promise<unknown>;

/**
 * What a transition does to money, lines and the request itself, in the order that the constraints need.
 * @returns the last of it, to be stated in this order together with what follows
 */
export async function writeMoney(
  tx: Statements,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  state: ProcessState,
  effects: Effects,
): Promise<Write[]> {
  const at = new Date(input.at);
  const { transition } = input;
  if (effects.legAmounts) await changeLegs(tx, refund.id, effects.legAmounts, effects.legAccounting ?? {}, at);
  if (effects.legAmounts && effects.shrinkReservations) await shrinkReservations(tx, refund.id, at);
  if (effects.lines) await changeLines(tx, refund.id, effects.lines);
  if (effects.takenUp !== null) await takeUpAgain(tx, refund, effects.takenUp, at);
  if (effects.attempts.some((attempt) => attempt.returned)) await unsettleLines(tx, refund.id, refund.amounts);
  if ((transition.kind === 'information' || transition.kind === 'appeal') && command)
    await writeAnswer(tx, refund.id, command.body);
  const legs = Promise.all([
    ...effects.attempts.map((one) => (one.returned ? returnLeg(tx, one, at) : settleLeg(tx, one, at))),
    ...effects.newAttempts.map((one) => openAttempt(tx, refund.mode, one, at)),
  ]);
  // What was given up in part has been paid in part: its lines are refunded for that much.
  const isPartlyPaid = state.legs.some((leg) => leg.status === 'succeeded' && leg.fund === undefined);
  const isPaid = state.status === 'paid' || (state.givenUp && isPartlyPaid);
  const [lines] = await Promise.all([
    isPaid && effects.release ? readPaidLines(tx, refund.id, refund.amounts) : [],
    legs,
  ]);
  const last: Write[] = [];
  if (lines.length > 0) last.push(() => settleLines(tx, refund.id, lines));
  if (effects.release) last.push(() => releaseReservations(tx, refund.id, at));
  if (transition.kind === 'provider_event')
    last.push(
      () => tx.$executeRaw`
        UPDATE provider_events SET status = 'consumed', consumed_at = ${at}, refund_id = ${refund.id}
        WHERE id = ${transition.providerEventId}`,
    );
  if (transition.kind === 'replan')
    last.push(() => settleReplan(tx, { refundId: refund.id, replanId: transition.replanId }, null, input.at));
  return last;
}

/**
 * What a transition does to stages, letters and the desk, as two statements: what ends goes first, because at most one
 * stage of a refund may be open.
 */
export function courseFragments(
  refund: LockedRefund,
  state: ProcessState,
  effects: Effects,
  atIso: string,
): { ending: Fragment[]; opening: Fragment[] } {
  const { newRound } = effects;
  const isEnd = (change: StageChange): boolean => change.status !== 'open' && change.status !== 'paused';
  const ends = effects.stages.filter(isEnd);
  const opens = effects.stages.filter((change) => !isEnd(change));
  const ending: Fragment[] = [];
  const opening: Fragment[] = [];
  if (ends.length > 0) ending.push(changeStages(refund.id, ends));
  if (newRound) opening.push(insertRound(refund, refund.plan, newRound.round, opens));
  else if (opens.length > 0) opening.push(changeStages(refund.id, opens));
  if (newRound || isFinal(state.status)) ending.push(skipPendingStages(refund.id));
  if (effects.stageDues.length > 0) opening.push(moveStageDues(refund.id, effects.stageDues));
  if (effects.pauses.length > 0) opening.push(writePauses(refund, effects.pauses));
  if (effects.messages.length > 0) opening.push(insertMessages(refund, state.seq, effects.messages, atIso));
  if (effects.deskOpen.length > 0) opening.push(insertDeskItems(refund, effects.deskOpen, atIso));
  if (effects.observed) opening.push(insertObservation(refund, effects.observed, atIso));
  if (effects.reopened) ending.push(deleteObservation(refund.id));
  if (effects.deskResolve.length > 0) ending.push(resolveDeskItems(refund, effects.deskResolve, atIso));
  return { ending, opening };
}

/** What the answer put in place of the request's own words and proof. */
async function writeAnswer(tx: Statements, refundId: string, body: Record<string, unknown>): Promise<void> {
  const { description, evidenceIds } = body as { description?: string; evidenceIds?: string[] };
  if (description !== undefined)
    await tx.$executeRaw`UPDATE refunds SET description = ${description} WHERE id = ${refundId}`;
  if (evidenceIds && evidenceIds.length > 0)
    await tx.$executeRaw`
      UPDATE evidence SET refund_id = ${refundId} WHERE id = ANY(${evidenceIds}) AND refund_id IS NULL`;
}
