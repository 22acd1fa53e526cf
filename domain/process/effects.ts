import type { NamedLine } from './answer';
import type { AttemptStatus, ObservedArrival, PaymentFailure } from '../payment';
import type { OnBehalf } from '../approval';
import type { MessageToSend, PauseReason, ProcessState, RefundAmounts, Refusal } from '../refund';

/** Names of the events that outgoing webhooks carry. */
export const PUBLIC_EVENTS = [
  'refund.accepted',
  'refund.in_review',
  'refund.information_requested',
  'refund.approved',
  'refund.declined',
  'refund.appealed',
  'refund.offered',
  'refund.paying',
  'refund.payment_unknown',
  'refund.payment_failed',
  'refund.held',
  'refund.disputed',
  'refund.paid',
  'refund.arrived',
  'refund.reopened',
  'refund.given_up',
  'refund.withdrawn',
  'refund.expired',
] as const;

export type PublicEvent = (typeof PUBLIC_EVENTS)[number];

export type StageStatus = 'pending' | 'open' | 'paused' | 'approved' | 'declined' | 'sent_back' | 'skipped';

/** A stage's row after a transition; what is absent stays as it is, but a claim on it ends with any change. */
export interface StageChange {
  stageId: string;
  round: number;
  status: StageStatus;
  roles?: string[];
  openedAt?: string;
  dueAt?: string;
  endedAt?: string;
  pausedAt?: string | null;
}

/** A line of the pause ledger: a stage's clock stops, or goes on. */
export interface PauseChange {
  stageId: string;
  round: number;
  reason: PauseReason;
  startedAt: string;
  /** Null: it stops now. */
  endedAt: string | null;
  /** When the stage was due as the clock stopped. */
  dueBefore: string;
  /** When it is due since the clock goes on; null when it stops now, and when the stage has ended meanwhile. */
  dueAfter: string | null;
}

/** A new round: rows for every stage of the plan. */
export interface RoundOpening {
  round: number;
}

export interface DeskItemToOpen {
  kind: DeskKind;
  /** Opens once per key; the refund's id stands in front of it. */
  key: string;
  dueAt: string | null;
  data: Record<string, string | number | null>;
}

export type DeskKind =
  | 'stage_overdue'
  | 'first_response_overdue'
  | 'payment_failed'
  | 'payment_returned'
  | 'second_person_needed'
  | 'payment_unresolved'
  | 'payment_contradiction'
  | 'arrival_overdue'
  | 'payment_held'
  | 'dispute_opened'
  | 'awaiting_funds'
  | 'no_eligible_person';

export interface AttemptChange {
  legId: string;
  attempt: number;
  status: AttemptStatus;
  providerRefundId: string | null;
  failure: PaymentFailure | null;
  traceNumber: string | null;
  /** Set when this sighting proved that the money moved: the reservation is settled once. */
  settled: boolean;
  /** Set when this sighting proved that the money came back: the reservation holds it again. */
  returned: boolean;
}

export interface AuditNote {
  type: string;
  data: Record<string, unknown>;
}

/** A further business attempt to pay a leg. */
export interface NewAttempt {
  legId: string;
  number: number;
  reference: string;
  amountMinor: number;
  /** Set when it goes to this account; else it takes the way of the attempt before. */
  destinationId?: string;
  /** Set when somebody has paid it by hand: it is settled when it is written, and never instructed. */
  manual?: { proofEvidenceId: string; paidAt: string };
}

/** What one transition writes, beside the state. */
export interface Effects {
  newRound: RoundOpening | null;
  stages: StageChange[];
  pauses: PauseChange[];
  /** New due instants of stages that go on as they are: a claim on one lasts. */
  stageDues: { stageId: string; round: number; dueAt: string }[];
  /** New amounts of legs, by leg id. */
  legAmounts: Record<string, number> | null;
  /** The legs' new amounts in the currency of the books, by leg id; without those whose capture states no rate. */
  legAccounting: Record<string, number> | null;
  /** True when the request itself became smaller: the difference is given back at once, not when the rest is paid. */
  shrinkReservations: boolean;
  /** The lines that the request names from now on, when they changed; one without pieces is no longer named. */
  lines: NamedLine[] | null;
  /** What the amount asked for is made of from now on, when it changed. */
  amounts: RefundAmounts | null;
  attempts: AttemptChange[];
  newAttempts: NewAttempt[];
  /** A leg that is paid though it was given up, and what was held for it given back: it is taken again. */
  takenUp: string | null;
  /** Give back what is reserved and not paid. */
  release: boolean;
  /** True when money came back: what was promised about its arrival holds no more. */
  reopened: boolean;
  messages: MessageToSend[];
  deskOpen: DeskItemToOpen[];
  /** Kinds of desk items that this transition settles. */
  deskResolve: DeskKind[];
  events: PublicEvent[];
  audit: AuditNote[];
  /** Whose place the deciding person took; null: their own. */
  onBehalfOf: OnBehalf | null;
  arrival: { from: string; to: string } | null;
  /** How long the money took, when a receipt tells. */
  observed: ObservedArrival | null;
}

export const noEffects = (): Effects => ({
  newRound: null,
  stages: [],
  pauses: [],
  stageDues: [],
  legAmounts: null,
  legAccounting: null,
  shrinkReservations: false,
  lines: null,
  amounts: null,
  attempts: [],
  newAttempts: [],
  takenUp: null,
  release: false,
  reopened: false,
  messages: [],
  deskOpen: [],
  deskResolve: [],
  events: [],
  audit: [],
  onBehalfOf: null,
  arrival: null,
  observed: null,
});

/** What became of a transition: refused with the state as it was, or the next state with what it writes. */
export type TransitionOutcome =
  | { refused: Refusal; state: ProcessState }
  | { refused: null; state: ProcessState; effects: Effects };
