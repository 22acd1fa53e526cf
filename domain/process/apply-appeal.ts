import { hasOpenOffer, isAppealable, type Actor, type Transition } from '../refund';
import { beforeAnyStage, checkStaffing, openRound } from './apply-decision';
import { changeLegs } from './legs';
import { noteForCrm, tellCustomer, type Step } from './step';

/**
 * A decline, or an offer of less, is appealed: the whole plan again from stage one with new clocks, for what was asked for, by
 * people none of whom has decided it before, in whatever round and on whosever behalf. Whoever entered the appeal does not
 * decide it either, nor does whoever owns or made the key that it was entered with.
 */
export function applyAppeal(step: Step, { commandId, actor }: Extract<Transition, { kind: 'appeal' }>): void {
  const { state, effects, context } = step;
  if (!state.appeal || !(isAppealable(state) || hasOpenOffer(state)))
    throw new Error('An appeal was applied that nobody may make.');
  state.answer = null;
  state.appeal = { ...state.appeal, madeAt: context.at };
  state.snapshotVersion += 1;
  state.approvedAmountMinor = null;
  changeLegs(step, state.amountMinor);
  if (!context.plan.dutiesOff) excludeDeciders(step, actor);
  effects.audit.push({
    type: 'refund.appealed',
    data: { commandId, round: state.round + 1, snapshotVersion: state.snapshotVersion },
  });
  effects.events.push('refund.appealed');
  openRound(step);
  checkStaffing(step, 0);
  tellCustomer(step, 'appeal_received', 'delivery');
  noteForCrm(step, 'delivery');
}

function excludeDeciders({ state, context }: Step, actor: Actor): void {
  const since = beforeAnyStage(state.excluded);
  state.excluded = [
    ...since,
    ...context.deciders.map((decider) => ({ ...decider, rule: 'earlier_decision' as const })),
    ...(actor.personId === null ? [] : [{ personId: actor.personId, rule: 'requester' as const, at: context.at }]),
    ...context.behindKey
      .filter(({ personId }) => personId !== actor.personId && !since.some((one) => one.personId === personId))
      .map((behind) => ({ ...behind, at: context.at })),
  ];
}

/** Nobody has appealed in time: what was held is given back, and the decline stands for good. */
export function applyAppealOverdue({ state, effects }: Step): void {
  if (!state.appeal || !isAppealable(state)) throw new Error('A window for an appeal ended that was not open.');
  state.appeal = { ...state.appeal, lapsed: true };
  effects.release = true;
  effects.audit.push({ type: 'refund.appeal_lapsed', data: { until: state.appeal.until } });
}
