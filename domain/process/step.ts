import type { Candidate, DecisionFacts } from '../approval';
import type { AnsweredRequest } from './answer';
import type { BusinessCalendar } from '../calendar';
import type { DeskFacts } from './desk-facts';
import type { MeasuredArrivals, PaymentSighting, QueryBackOff } from '../payment';
import type {
  ExcludedPerson,
  MessageKind,
  MessageOwner,
  MessageToSend,
  OpenStage,
  Plan,
  ProcessState,
} from '../refund';
import type { Effects, StageStatus } from './effects';

/** A leg as its rows stand. */
export interface LegToPay {
  legId: string;
  paymentId: string;
  provider: string;
  method: string;
  reference: string;
  attempt: number;
  amountMinor: number;
  currency: string;
  /** The currency of the books and the capture's rate to it, as frozen at acceptance. */
  accounting: { currency: string; rate: string } | null;
  /** The references of all attempts of the leg, by their numbers; read for what can pay. */
  references?: Record<string, string> | null;
  /** What is held for this leg: the most it can pay. */
  reservedMinor: number;
  /** Of a refund that was given up: whether its payment and its lines have room to take the leg up again. */
  canBeTakenUp?: boolean | null;
  /** How fast money came by the route of this leg; read for what can pay. */
  measured?: MeasuredArrivals | null;
}

/** Everything a transition is applied with, loaded under the refund's row lock. */
export interface TransitionContext {
  plan: Plan;
  calendar: BusinessCalendar;
  /** Of the stages that name their own. */
  stageCalendars?: Readonly<Record<string, BusinessCalendar>>;
  /** The workflow's time. */
  at: string;
  legs: LegToPay[];
  answered: AnsweredRequest | null;
  /** Who has decided the refund before, and since when, also in whose place; read for appeals, empty for everything else. */
  deciders: { personId: string; at: string }[];
  /** Owner and creator of the key that an appeal was entered with; empty for everything else. */
  behindKey: ExcludedPerson[];
  /** Everybody who could decide; read for decisions, answers and appeals. */
  candidates: Candidate[];
  /** Who stands in for whom; read for decisions and appeals, null for everything else. */
  facts: DecisionFacts | null;
  /** What a stored notification says of a leg; null when it says nothing of this refund's money. */
  sighted: { legId: string; attempt: number; sighting: PaymentSighting } | null;
  /** A fresh reference to pay by, fixed when its attempt is written. */
  newReference: () => string;
  backOffOf: (provider: string) => QueryBackOff;
  /** Whether money that a provider moved may come back. */
  canReturn: (provider: string) => boolean;
  /** Whether only a query tells of that; absent: none. */
  returnsByQueryAlone?: (provider: string) => boolean;
  /** The provider that pays to payees' accounts in a currency here; null: no account is configured that could. */
  providerToAccounts: (mode: 'live' | 'test', currency: string) => string | null;
  /** When the money was there, as a receipt states it; null for everything else. */
  receivedAt: string | null;
  /** What an act of the desk rests on; null when none is judged. */
  desk: DeskFacts | null;
}

/** One transition while it is applied: `state` and `effects` are written, `context` is read. */
export interface Step {
  state: ProcessState;
  effects: Effects;
  context: TransitionContext;
}

/** Ends the stage whose turn it is, if there is one; what the desk was asked about it is settled. */
export function closeStage({ state, effects, context }: Step, status: StageStatus): void {
  if (!state.stage) return;
  endPause({ state, effects, context }, state.stage, null);
  effects.deskResolve.push('stage_overdue');
  effects.stages.push({ stageId: state.stage.id, round: state.round, status, endedAt: context.at, pausedAt: null });
  state.stage = null;
}

/**
 * What stood still goes on, or ends with its stage, and the ledger says since when and to what due instant.
 * @param stage as it was when it stood still; one that did not is left alone
 * @param dueAfter null when the stage has ended
 */
export function endPause({ state, effects, context }: Step, stage: OpenStage, dueAfter: string | null): void {
  if (!stage.pausedAt) return;
  const reason = stage.clock?.pauses.at(-1)?.reason ?? 'information';
  const { id, pausedAt, dueAt } = stage;
  effects.pauses.push({
    stageId: id,
    round: state.round,
    reason,
    startedAt: pausedAt,
    endedAt: context.at,
    dueBefore: dueAt,
    dueAfter,
  });
  effects.audit.push({
    type: 'refund.clock_resumed',
    data: { stage: id, reason, pausedAt, dueBefore: dueAt, dueAt: dueAfter },
  });
}

/** Nobody needs to be found for a stage any more: the review has come to its end. */
export function endReview({ effects }: Step): void {
  effects.deskResolve.push('no_eligible_person');
}

/** A letter to the customer and a note for the CRM. */
export function tellOutsiders(step: Step, kind: MessageKind, owner: MessageOwner, data = {}): void {
  tellCustomer(step, kind, owner, data);
  noteForCrm(step, owner);
}

export function tellCustomer({ effects }: Step, kind: MessageKind, owner: MessageOwner, data = {}): void {
  effects.messages.push({ kind, channel: 'email', recipient: 'customer', owner, data });
}

/** A letter that a refund gets once, whatever brings it about; never sent by the refund's own workflow. */
export function tellCustomerOnce({ effects }: Step, kind: MessageKind, data: MessageToSend['data']): void {
  effects.messages.push({ kind, channel: 'email', recipient: 'customer', owner: 'delivery', data, once: true });
}

export function noteForCrm({ effects }: Step, owner: MessageOwner): void {
  effects.messages.push({ kind: 'crm_sync', channel: 'crm', recipient: 'crm', owner, data: {} });
}

/**
 * A notice to everybody who holds one of the roles, each kind once a transition; never sent by the refund's own
 * workflow.
 */
export function tellRoles(
  { effects }: Pick<Step, 'effects'>,
  kind: MessageKind,
  roles: string[],
  data: Record<string, string | number | null>,
): void {
  for (const role of roles) {
    const recipient = `role:${role}`;
    if (effects.messages.some((message) => message.kind === kind && message.recipient === recipient)) continue;
    effects.messages.push({ kind, channel: 'email', recipient, owner: 'delivery', data });
  }
}

/** A stage that nobody may decide is the desk's: it is told at once, not when the clock has run down. */
export function openUnstaffed(step: Step, stageIds: string[]): void {
  const { state, effects } = step;
  effects.deskOpen.push({
    kind: 'no_eligible_person',
    key: `unstaffed:${state.round}:${stageIds.join(':')}`,
    dueAt: null,
    data: { stages: stageIds.join(' ') },
  });
  effects.audit.push({ type: 'refund.stage_unstaffed', data: { stages: stageIds } });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'no_eligible_person' });
}
