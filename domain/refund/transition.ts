import type { PaymentSighting } from '../payment';
import type { AwaitedAnswer, DecisionKind, ProcessState } from './process';
import type { Rung } from './plan';

/** A person or system as the command row names it. */
export interface Actor {
  kind: 'person' | 'system' | 'customer' | 'machine';
  id: string;
  /** The person behind it, when there is one: separation of duties compares persons. */
  personId: string | null;
  roles: string[];
  /**
   * The person in whose place a decision is taken, as the API found it. A hint for the workflow's validator, which cannot look
   * it up: the record step finds out for itself.
   */
  onBehalfOf?: string;
}

/** What a decision states. Reasons and words to the customer stay in the command row: history holds no free text. */
export interface DecisionContent {
  stage: string;
  decision: DecisionKind;
  snapshotVersion: number;
  approvedAmountMinor: number | null;
}

/** What somebody may do from the desk in the normal course: never decide. */
export type DeskAction =
  | { act: 'reassign'; stage: string; role: string }
  | { act: 'extend'; stage: string; businessMinutes: number }
  | { act: 'query_payment' }
  /** Pays a leg again, under a new reference: only after its attempt is proven to have failed or to have come back. */
  | { act: 'new_attempt'; legId: string }
  /** Looks again at once whether what holds the payments is over. */
  | { act: 'retry_held' }
  | ProposedAction
  /** A second person does what the first one proposed. */
  | { act: 'confirm'; proposalId: string }
  | { act: 'reject'; proposalId: string };

/** What takes two people: the first one proposes it. */
export type ProposedAction =
  /** The leg is paid to another account: a new attempt by that route. */
  | { act: 'alternative_route'; legId: string; destinationId: string }
  /** Somebody has paid the leg by hand: it counts as paid, by this proof. Nothing is instructed. */
  | { act: 'manual_payment'; legId: string; proofEvidenceId: string; paidAt: string }
  /** Nothing is paid for the leg any more. */
  | { act: 'give_up'; legId: string };

/**
 * One step of the process. `id` is permanent and unique within the refund: a repeated step finds itself by it.
 * Steps that somebody asked for point to a command row; the record step requires it to match and uses it up.
 */
export type Transition = { id: string } & (
  | { kind: 'decision'; commandId: string; actor: Actor; content: DecisionContent }
  | { kind: 'withdrawal'; commandId: string; actor: Actor }
  | { kind: 'information'; commandId: string; actor: Actor }
  | { kind: 'appeal'; commandId: string; actor: Actor }
  /** The customer takes what was offered. */
  | { kind: 'acceptance'; commandId: string; actor: Actor }
  | { kind: 'receipt'; commandId: string; actor: Actor }
  | { kind: 'desk_action'; commandId: string; actor: Actor; action: DeskAction }
  | { kind: 'rung'; stageId: string; round: number; rung: Rung }
  | { kind: 'answer_overdue'; answer: AwaitedAnswer }
  /** Nobody has appealed in time. */
  | { kind: 'appeal_overdue' }
  /** What a call found out about an attempt; without a number, about the one that stands (histories from before it had one). */
  | { kind: 'payment'; legId: string; attempt?: number; sighting: PaymentSighting }
  /** A stored notification; the record step reads what it says and applies it as a payment. */
  | { kind: 'provider_event'; providerEventId: string }
  | { kind: 'arrival_overdue' }
  /** The order is not what the snapshot says of it; the record step looks at it and applies nothing when it is. */
  | { kind: 'order_changed' }
  /** Somebody has changed a business calendar and has open refunds planned again by it; the row says who. */
  | { kind: 'replan'; replanId: string }
);

/** The permanent id of the step by which a snapshot takes in what has changed of its order: one a version. */
export const orderChangedId = (snapshotVersion: number): string => `order-changed-${snapshotVersion + 1}`;

export type TransitionKind = Transition['kind'];

/** Why something asked for was not done. Codes are the API's; `data` names ids, versions and instants only. */
export interface Refusal {
  code: RefusalCode;
  data: Record<string, string | number | null>;
}

export type RefusalCode =
  | 'stale_snapshot'
  | 'already_decided'
  | 'stage_not_open'
  | 'not_your_stage'
  | 'same_person'
  | 'claimed_by_other'
  | 'stage_overdue'
  | 'too_late'
  | 'amount_not_allowed'
  | 'rounds_exhausted'
  | 'nothing_awaited'
  | 'no_offer_open'
  | 'not_declined'
  | 'appeal_window_closed'
  | 'appeal_used'
  | 'not_paid'
  | 'contradictory_facts'
  | 'action_not_available'
  | 'event_of_another_refund'
  | 'nothing_to_replan'
  | 'calendar_not_certified'
  | 'command_invalid';

/** What the record step is asked to do. `at` is the workflow's own time. */
export interface RecordTransitionInput {
  refundId: string;
  planHash: string;
  seq: number;
  at: string;
  transition: Transition;
}

/**
 * What stands at the asked seq: the transition itself or, when a lost workflow task had committed another one first,
 * that one. A refusal takes no seq: the state is then the one before.
 */
export interface RecordedTransition {
  transitionId: string;
  refused: Refusal | null;
  state: ProcessState;
  /**
   * Set by workers that tell letters and CRM in one activity. It stands in the history before the commands that rest on it,
   * so that what was begun by older ones goes on as it began, without the events that a version marker costs each refund.
   */
  tellsTogether?: boolean;
}
