import type { ProcessState, Transition } from '../refund';
import { canStillAppeal, offerEndsAt } from './offer-clock';
import { noteForCrm, tellCustomer, tellOutsiders, type Step } from './step';

/** Whether less was approved than is asked for. */
export const isLess = ({ approvedAmountMinor, amountMinor }: ProcessState): boolean =>
  approvedAmountMinor !== null && approvedAmountMinor < amountMinor;

/** The review has come to a yes: the payment is next. */
export function beginToPay(step: Step): void {
  const { state, effects } = step;
  state.status = 'paying';
  state.legs = state.legs.filter((leg) => leg.amountMinor > 0);
  effects.events.push('refund.approved', 'refund.paying');
  tellOutsiders(step, 'refund_approved', 'refund');
}

/**
 * Less was approved than is asked for: the customer is asked first, by a clock of their own. Until then all of it stays reserved,
 * and where the plan lets people appeal, they may instead, as long as the offer stands.
 * @param commandId of the decision, whose words to the customer go with it
 */
export function offer(step: Step, commandId: string): void {
  const { state, effects, context } = step;
  const deadlineAt = offerEndsAt(state, context.at, context);
  const stageId = state.lastDecision?.stageId ?? '';
  state.status = 'awaiting_customer';
  state.answer = { kind: 'offer', stageId, requestedAt: context.at, deadlineAt };
  if (canStillAppeal(state, context.plan)) state.appeal = { until: deadlineAt };
  effects.audit.push({
    type: 'refund.offered',
    data: { approvedAmountMinor: state.approvedAmountMinor, amountMinor: state.amountMinor, deadlineAt },
  });
  effects.events.push('refund.offered');
  const appealUntil = state.appeal && state.appeal.madeAt === undefined ? deadlineAt : null;
  tellCustomer(step, 'offer_made', 'delivery', { commandId, deadlineAt, ...(appealUntil !== null && { appealUntil }) });
  noteForCrm(step, 'delivery');
}

/** The customer takes what was offered. */
export function applyAcceptance(step: Step, { commandId }: Extract<Transition, { kind: 'acceptance' }>): void {
  step.effects.audit.push({ type: 'refund.offer_accepted', data: { commandId } });
  endOffer(step);
}

/** Nobody said anything in time: what was approved is paid, and nothing more. */
export function endOffer(step: Step): void {
  const { state } = step;
  state.answer = null;
  if (state.appeal && state.appeal.madeAt === undefined) state.appeal = { ...state.appeal, lapsed: true };
  beginToPay(step);
}
