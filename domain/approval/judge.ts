import type {
  Actor,
  DecisionContent,
  OpenStage,
  Plan,
  ProcessState,
  Refusal,
  RefusalCode,
  Transition,
} from '../refund';
import { canWithdraw, correctionsOf, hasOpenOffer, isAppealable, isWatched, restsOnOrder } from '../refund';
import { authorityOf, type Authority, type DecisionFacts, type StageClaim } from './delegation';
import { judgeDeskAction } from './judge-desk';
import { isPerson } from './is-person';

const refuse = (code: RefusalCode, data: Refusal['data'] = {}): Refusal => ({ code, data });

/** What a decision is judged in. */
export interface DecisionContext {
  /** From the plan. */
  maxCorrectionRounds: number;
  /** The instant of the judgement, ISO. */
  at: string;
  /** Null where they are not known. */
  facts: DecisionFacts | null;
}

/**
 * Whether a decision counts. The same rule judges in the API (to answer early), in the update's validator, in the
 * workflow and under the row lock of the record step. The contract, first match wins:
 * 1. the stage is the open one, else `already_decided` (who, when) or `stage_not_open`;
 * 2. the actor is a person who holds a role that may decide now, or stands in for one within the cap, else `not_your_stage`;
 * 3. that person is none of the excluded and is tied to none by a delegation (`exclusionOf`), else `same_person` with the
 *    rule;
 * 4. nobody else has a claim on the stage that is in force, else `claimed_by_other` (who, until when); claims do not bind who
 *    decides by a role that was called in beside the stage's own;
 * 5. what was seen is what stands, else `stale_snapshot`;
 * 6. an approved amount is above zero and not above what was asked, else `amount_not_allowed`;
 * 7. a send-back, or a raise above what was last approved, is one of no more than the allowed rounds, each counted apart, else
 *    `rounds_exhausted`.
 * @param context what is known around it. Without facts (in a workflow's validator) the delegation that the message names is
 *   taken for true and none else is known; the record step judges again with them.
 */
export function judgeDecision(
  state: ProcessState,
  actor: Actor,
  content: DecisionContent,
  { maxCorrectionRounds, at, facts }: DecisionContext,
): Refusal | null {
  const barred = judgeOpenStage(state, actor, content.stage, { at, facts });
  if (barred) return barred;
  if (content.snapshotVersion !== state.snapshotVersion)
    return refuse('stale_snapshot', { seen: content.snapshotVersion, current: state.snapshotVersion });
  if (content.approvedAmountMinor !== null) {
    const ceiling = state.amountMinor;
    const legal =
      content.decision === 'approve' && content.approvedAmountMinor > 0 && content.approvedAmountMinor <= ceiling;
    if (!legal || !Number.isSafeInteger(content.approvedAmountMinor))
      return refuse('amount_not_allowed', { approvedAmountMinor: content.approvedAmountMinor, atMostMinor: ceiling });
  }
  if (
    (content.decision === 'send_back' && correctionsOf(state) >= maxCorrectionRounds) ||
    (isRaise(state, content) && (state.raises ?? 0) >= maxCorrectionRounds)
  )
    return refuse('rounds_exhausted', { rounds: maxCorrectionRounds });
  return null;
}

/** Whether somebody approves more than was approved before them: then those before are asked again. */
export const isRaise = (
  { approvedAmountMinor }: Pick<ProcessState, 'approvedAmountMinor'>,
  content: Pick<DecisionContent, 'decision' | 'approvedAmountMinor'>,
): boolean =>
  content.decision === 'approve' &&
  approvedAmountMinor !== null &&
  content.approvedAmountMinor !== null &&
  content.approvedAmountMinor > approvedAmountMinor;

/**
 * Whether somebody may decide the open stage: rules 1 to 4 of `judgeDecision`.
 * @param stageId the stage that they mean.
 */
export function judgeOpenStage(
  state: ProcessState,
  actor: Actor,
  stageId: string,
  { at, facts }: Pick<DecisionContext, 'facts' | 'at'>,
): Refusal | null {
  const stage = state.stage;
  if (state.status !== 'in_review' || !stage || stage.id !== stageId || stage.pausedAt) {
    const last = state.lastDecision;
    if (last && last.stageId === stageId)
      return refuse('already_decided', {
        stage: last.stageId,
        decision: last.decision,
        personId: last.personId,
        at: last.at,
      });
    return refuse('stage_not_open', { stage: stageId, openStage: stage?.id ?? null, status: state.status });
  }
  const barred = refusalOf(stage, judgeAuthority(state, stage.roles, actor, { facts, at }));
  if (barred) return barred;
  // Who was called in because nothing happened would wait for ever for whoever takes the stage again and again.
  const [, ...calledIn] = stage.roles;
  if (judgeAuthority(state, calledIn, actor, { facts, at }).may) return null;
  return claimedByOther(stage, actor, facts, at);
}

/**
 * Whether somebody may take the open stage for themselves: who may decide it (rules 1 to 3 of `judgeDecision`) may, unless
 * somebody else has it, else `claimed_by_other`; and nobody once it is due, else `stage_overdue`.
 * @param stageId the stage that they mean.
 */
export function judgeClaim(
  state: ProcessState,
  actor: Actor,
  stageId: string,
  known: Pick<DecisionContext, 'facts' | 'at'>,
): Refusal | null {
  const barred = judgeOpenStage(state, actor, stageId, known);
  const { stage } = state;
  if (barred || !stage) return barred;
  const taken = claimedByOther(stage, actor, known.facts, known.at);
  if (taken) return taken;
  return known.at < stage.dueAt ? null : refuse('stage_overdue', { stage: stage.id, dueAt: stage.dueAt });
}

/** Whether somebody may give a stage back: whoever has it may, and where nobody has it nothing changes; else `claimed_by_other`. */
export const judgeRelease = (
  { stage }: ProcessState,
  actor: Actor,
  stageId: string,
  { facts, at }: Pick<DecisionContext, 'facts' | 'at'>,
): Refusal | null => (stage?.id === stageId ? claimedByOther(stage, actor, facts, at) : null);

function claimedByOther(stage: OpenStage, actor: Actor, facts: DecisionFacts | null, at: string): Refusal | null {
  const claim = facts?.claim;
  return claim && claim.personId !== actor.personId && isClaimed(claim, at)
    ? refuse('claimed_by_other', { stage: stage.id, personId: claim.personId, until: claim.until })
    : null;
}

/** Whether a claim is in force at an instant. */
export const isClaimed = (claim: StageClaim, at: string): boolean => at < claim.until;

/** By what right somebody may decide the open stage: none but a person has any. */
export const judgeAuthority = (
  state: ProcessState,
  stageRoles: string[],
  actor: Actor,
  { facts, at }: Pick<DecisionContext, 'facts' | 'at'>,
): Authority =>
  isPerson(actor) ? authorityOf(state, stageRoles, actor, facts, at) : { may: false, why: 'no_role', capMinor: null };

function refusalOf(stage: OpenStage, authority: Authority): Refusal | null {
  if (authority.may) return null;
  if (authority.why === 'excluded') return refuse('same_person', { stage: stage.id, rule: authority.rule });
  const data = { stage: stage.id, roles: stage.roles.join(' ') };
  return refuse(
    'not_your_stage',
    authority.why === 'above_cap' ? { ...data, why: 'above_cap', capMinor: authority.capMinor } : data,
  );
}

/** Whether the request may still be withdrawn: until the first instruction to pay. */
export function judgeWithdrawal(state: ProcessState): Refusal | null {
  return canWithdraw(state.status) ? null : refuse('too_late', { status: state.status });
}

/** Whether somebody outside owes an answer. */
export function judgeInformation(state: ProcessState): Refusal | null {
  return state.status === 'awaiting_customer' && state.answer && !hasOpenOffer(state)
    ? null
    : refuse('nothing_awaited', { status: state.status });
}

/** Whether there is an offer to take. */
export function judgeOfferAcceptance(state: ProcessState): Refusal | null {
  return hasOpenOffer(state) ? null : refuse('no_offer_open', { status: state.status });
}

/**
 * Whether a decline, or an offer of less, can be appealed: once (`appeal_used`), where there is one (`not_declined`), within the
 * window of the plan (`appeal_window_closed`).
 */
export function judgeAppeal(state: ProcessState, at: string): Refusal | null {
  const { status, appeal } = state;
  if (appeal?.madeAt !== undefined) return refuse('appeal_used', { appealedAt: appeal.madeAt });
  const isOffered = hasOpenOffer(state);
  if (status !== 'declined' && !isOffered) return refuse('not_declined', { status });
  return (isOffered || isAppealable(state)) && appeal !== undefined && at < appeal.until
    ? null
    : refuse('appeal_window_closed', { until: appeal?.until ?? null });
}

/** Whether the arrival of the money can be confirmed: the provider has said that it moved, all of it or what was not given up. */
export function judgeReceipt(state: ProcessState): Refusal | null {
  return isWatched(state) ? null : refuse('not_paid', { status: state.status });
}

/**
 * Whether a transition counts in this state: asked by validators and under the row lock.
 * @param known the instant and the facts around it; validators know no facts.
 */
export function judgeTransition(
  state: ProcessState,
  transition: Transition,
  plan: Plan,
  known: Pick<DecisionContext, 'at' | 'facts'>,
): Refusal | null {
  switch (transition.kind) {
    case 'decision':
      return judgeDecision(state, transition.actor, transition.content, {
        ...known,
        maxCorrectionRounds: plan.maxCorrectionRounds,
      });
    case 'withdrawal':
      return judgeWithdrawal(state);
    case 'information':
      return judgeInformation(state);
    case 'acceptance':
      return judgeOfferAcceptance(state);
    case 'appeal':
      return judgeAppeal(state, known.at);
    case 'receipt':
      return judgeReceipt(state);
    case 'desk_action':
      return judgeDeskAction(state, transition.action, transition.actor);
    case 'rung':
    case 'answer_overdue':
    case 'appeal_overdue':
    case 'payment':
    case 'provider_event':
    case 'arrival_overdue':
    case 'replan':
      return null;
    case 'order_changed':
      return restsOnOrder(state) ? null : refuse('nothing_awaited', { status: state.status });
  }
}
