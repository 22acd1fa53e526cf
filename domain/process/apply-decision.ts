import { atStakeMinor, availablePeople, isRaise, judgeAuthority, unstaffedStages, type OnBehalf } from '../approval';
import { beginToPay, isLess, offer } from './apply-offer';
import { addBusinessDays } from '../calendar';
import { assertNever, type ExcludedPerson, type PauseReason, type Transition } from '../refund';
import { changeLegs } from './legs';
import { endAsDeclined } from './decline';
import { calendarOfStage, openStage, pauseStage, planStage } from './stage-clock';
import { closeStage, endReview, noteForCrm, tellCustomer, tellRoles, openUnstaffed, type Step } from './step';

/** A decision that counts: closes, pauses or sends back the open stage, and opens what follows in the same step. */
export function applyDecision(step: Step, transition: Extract<Transition, { kind: 'decision' }>): void {
  const { state, effects, context } = step;
  const stage = state.stage;
  const personId = transition.actor.personId;
  if (!stage || !personId) throw new Error('A decision was applied without an open stage or a person.');
  const { content, commandId } = transition;
  const authority = judgeAuthority(state, stage.roles, transition.actor, context);
  const onBehalfOf = authority.may ? authority.onBehalfOf : null;
  effects.onBehalfOf = onBehalfOf;
  state.lastDecision = {
    stageId: stage.id,
    decision: content.decision,
    personId,
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.personId }),
    at: context.at,
  };
  respond(step);
  const data = {
    stage: stage.id,
    commandId,
    personId,
    snapshotVersion: content.snapshotVersion,
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.personId, delegationId: onBehalfOf.delegationId }),
  };
  switch (content.decision) {
    case 'approve':
      effects.audit.push({
        type: 'refund.stage_approved',
        data: { ...data, approvedAmountMinor: content.approvedAmountMinor },
      });
      if (isRaise(state, content)) {
        restartAtMore(step, content.approvedAmountMinor ?? 0, saidBy(step, personId, onBehalfOf));
        break;
      }
      state.excluded.push(...saidBy(step, personId, onBehalfOf));
      lowerApprovedAmount(step, content.approvedAmountMinor);
      stage.approvals += 1;
      if (stage.approvals >= planStage(context.plan, stage.index).quorum) advance(step, commandId);
      // It stays open for the next person: whoever had taken it has decided.
      else effects.stages.push({ stageId: stage.id, round: state.round, status: 'open' });
      break;
    case 'decline':
      effects.audit.push({ type: 'refund.declined', data });
      closeStage(step, 'declined');
      endReview(step);
      endAsDeclined(step, { commandId });
      break;
    case 'request_info': {
      const deadlineAt = addBusinessDays(context.calendar, context.at, context.plan.informationBusinessDays);
      effects.audit.push({ type: 'refund.information_requested', data: { ...data, deadlineAt } });
      pause(step, 'information');
      state.answer = { kind: 'information', stageId: stage.id, requestedAt: context.at, deadlineAt };
      state.status = 'awaiting_customer';
      effects.stages.push({ stageId: stage.id, round: state.round, status: 'paused', pausedAt: context.at });
      effects.events.push('refund.information_requested');
      tellCustomer(step, 'information_requested', 'delivery', { commandId, deadlineAt });
      break;
    }
    case 'send_back': {
      const deadlineAt = addBusinessDays(context.calendar, context.at, context.plan.correctionBusinessDays);
      effects.audit.push({ type: 'refund.sent_back', data: { ...data, deadlineAt } });
      closeStage(step, 'sent_back');
      state.answer = { kind: 'correction', stageId: stage.id, requestedAt: context.at, deadlineAt };
      state.status = 'awaiting_customer';
      effects.events.push('refund.information_requested');
      tellCustomer(step, 'information_requested', 'delivery', { commandId, deadlineAt });
      tellRoles(step, 'correction_requested', ['agent'], { commandId, deadlineAt });
      break;
    }
    default:
      assertNever(content.decision);
  }
}

/** The first human act stops the first-response clock. */
export function respond({ state, effects }: Step): void {
  if (state.responded) return;
  state.responded = true;
  effects.deskResolve.push('first_response_overdue');
  if (state.stage) state.stage.rungs = state.stage.rungs.filter((rung) => rung.act !== 'first_response');
}

/** Opens a stage of the plan: its row, its notice to the role. */
export function openNextStage(step: Step, index: number): void {
  const { state, effects, context } = step;
  const stage = openStage(calendarOfStage(context, index), context.plan, index, state.roundStartedAt, context.at);
  state.stage = stage;
  state.status = 'in_review';
  effects.stages.push({
    stageId: stage.id,
    round: state.round,
    status: 'open',
    roles: stage.roles,
    openedAt: stage.openedAt,
    dueAt: stage.dueAt,
  });
  tellRoles(step, 'stage_opened', stage.roles, { stage: stage.id, dueAt: stage.dueAt });
}

/** The plan again from its first stage, with new clocks. */
export function openRound(step: Step): void {
  const { state, effects, context } = step;
  state.round += 1;
  state.roundStartedAt = context.at;
  effects.newRound = { round: state.round };
  openNextStage(step, 0);
}

/** Of those who may not decide, whoever was excluded for another reason than a decision of the round. */
export const beforeAnyStage = (excluded: readonly ExcludedPerson[]): ExcludedPerson[] =>
  excluded.filter(({ rule }) => rule !== 'earlier_stage' && rule !== 'delegator');

/** Whose word an approval is: neither they nor another one who stands in for them says it again. */
function saidBy({ context }: Step, personId: string, onBehalfOf: OnBehalf | null): ExcludedPerson[] {
  if (context.plan.dutiesOff) return [];
  const { at } = context;
  return [
    { personId, rule: 'earlier_stage', at },
    ...(onBehalfOf ? [{ personId: onBehalfOf.personId, rule: 'delegator' as const, at }] : []),
  ];
}

/** The clock of the open stage stops, and the ledger says why. */
function pause({ state, effects, context }: Step, reason: PauseReason): void {
  if (!state.stage) throw new Error('A clock was to be stopped for a stage that is not there.');
  state.stage = pauseStage(state.stage, reason, context.at);
  const { id, dueAt } = state.stage;
  effects.pauses.push({
    stageId: id,
    round: state.round,
    reason,
    startedAt: context.at,
    endedAt: null,
    dueBefore: dueAt,
    dueAfter: null,
  });
  effects.audit.push({ type: 'refund.clock_paused', data: { stage: id, reason, dueAt } });
}

function advance(step: Step, commandId: string): void {
  const { state, context } = step;
  const index = state.stage?.index ?? 0;
  closeStage(step, 'approved');
  if (index + 1 < context.plan.stages.length) {
    openNextStage(step, index + 1);
    checkStaffing(step, index + 1);
    return;
  }
  endReview(step);
  if (isLess(state) && context.plan.offerBusinessDays !== undefined) offer(step, commandId);
  else beginToPay(step);
}

function lowerApprovedAmount(step: Step, approvedAmountMinor: number | null): void {
  const { state } = step;
  if (approvedAmountMinor === null || approvedAmountMinor === (state.approvedAmountMinor ?? state.amountMinor)) return;
  state.approvedAmountMinor = approvedAmountMinor;
  state.snapshotVersion += 1;
  changeLegs(step, approvedAmountMinor);
}

/**
 * More than was approved before, and no more than was asked for: whoever approved less did not approve that, so the whole plan
 * begins again with new clocks. Who raised it has had their say.
 */
function restartAtMore(step: Step, approvedAmountMinor: number, saidBy: ExcludedPerson[]): void {
  const { state, effects } = step;
  effects.audit.push({
    type: 'refund.amount_raised',
    data: { fromMinor: state.approvedAmountMinor, toMinor: approvedAmountMinor, round: state.round + 1 },
  });
  closeStage(step, 'sent_back');
  state.raises = (state.raises ?? 0) + 1;
  state.snapshotVersion += 1;
  state.approvedAmountMinor = approvedAmountMinor === state.amountMinor ? null : approvedAmountMinor;
  changeLegs(step, approvedAmountMinor);
  state.excluded = [...beforeAnyStage(state.excluded), ...saidBy];
  openRound(step);
  checkStaffing(step, 0);
  noteForCrm(step, 'delivery');
}

/** A stage that was opened and that nobody may decide is the desk's at once, and so is one behind it. */
export function checkStaffing(step: Step, fromIndex: number): void {
  const { state, context } = step;
  const { facts, at, candidates } = context;
  if (!facts || !state.stage) throw new Error('A stage was opened by what is no decision.');
  const when = { at, dueAt: state.stage.dueAt };
  const available = availablePeople(candidates, state.excluded, facts, when, atStakeMinor(state));
  const unstaffed = unstaffedStages(context.plan.stages.slice(fromIndex), available, context.plan.dutiesOff);
  if (unstaffed.length > 0) openUnstaffed(step, unstaffed);
}
