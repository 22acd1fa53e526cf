import {
  cureOf,
  isProvenUnpaid,
  type ArrivalBasis,
  type AttemptRoute,
  type AttemptStatus,
  type HoldReason,
  type PaymentFailure,
} from '../payment';
import type { AllocationStrategy } from '../money';
import type { Rung, StageClock } from './plan';
import { isFinal, isUndecided, type RefundStatus, type WaitingKind } from './status';

/** Why a person may not decide this refund; the rule is named to whoever is refused. */
export type ExclusionRule =
  | 'requester'
  | 'key_owner'
  | 'key_creator'
  | 'is_customer'
  | 'earlier_stage'
  /** They decided it before its decline was appealed. */
  | 'earlier_decision'
  /** Somebody has decided on their behalf, or somebody excluded stands in for them. */
  | 'delegator'
  /** They stand in for somebody excluded. */
  | 'delegate';

export interface ExcludedPerson {
  personId: string;
  rule: ExclusionRule;
  /** Since when, ISO, where that is later than acceptance; older records of deciders lack it. */
  at?: string;
}

/** Why a stage's clock stands still: information that somebody outside was asked for. */
export const PAUSE_REASONS = ['information'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** A time in which a clock stood still; without an end it does so now. */
export interface ClockPause {
  reason: PauseReason;
  startedAt: string;
  endedAt: string | null;
}

/** What the due instant of an open stage is worked out from, whenever that has to be done again. */
export interface RunningClock extends StageClock {
  /** From when the working days count: the base of the round, or the act that set the clock anew. */
  countsFrom: string;
  /** From when the minimum and the ladder count. */
  runsFrom: string;
  /** In order; they never overlap. */
  pauses: ClockPause[];
}

/** The stage whose turn it is. While paused, nobody decides and no rung falls. */
export interface OpenStage {
  id: string;
  index: number;
  /** Roles that may decide now; escalation adds to them. */
  roles: string[];
  openedAt: string;
  dueAt: string;
  /** The rungs still to come, first first. */
  rungs: Rung[];
  pausedAt: string | null;
  /** What gave its due instant: `stage_clock`, `minimum`, `desk`, or the limit of this id; absent in older stages. */
  dueBy?: string;
  /** Absent in stages that were opened before it was kept: a changed calendar leaves those where they are. */
  clock?: RunningClock;
  onDesk: boolean;
  /** Approvals so far; the stage ends when they reach the plan's quorum. */
  approvals: number;
}

/**
 * An answer that somebody outside owes: information for a paused stage, a corrected request, or a word on less than was asked
 * for.
 */
export interface AwaitedAnswer {
  kind: 'information' | 'correction' | 'offer';
  stageId: string;
  requestedAt: string;
  deadlineAt: string;
}

/** Why a leg is not paid though it is approved, and since when. */
export interface LegHold {
  reason: HoldReason;
  since: string;
  /** Set when it has lasted so long that a person was asked, though time or the end of a stop should have ended it. */
  overdue?: true;
}

/** What the refund pays on one payment. */
export interface Leg {
  id: string;
  paymentId: string;
  provider: string;
  /** Fixed before the first call, for ever: what the provider knows this instruction by. */
  reference: string;
  attempt: number;
  amountMinor: number;
  status: AttemptStatus;
  /** What it is paid from, when that is not a capture of the order: then it is beside the refund's amount. */
  fund?: 'goodwill';
  /** Replies and queries so far; the gateway's back-off counts by it. */
  queries: number;
  /** When to ask the provider next, or to try a held payment again; null when there is nothing to wait for. */
  nextQueryAt: string | null;
  failure: PaymentFailure | null;
  /** Set while something keeps the payment from being sent. Absent in histories from before there were holds. */
  hold?: LegHold | null;
  /**
   * Since when its provider has had too little money of ours for it, over all of its attempts; absent: as far as is known, it
   * has enough.
   */
  unfundedSince?: string;
  /** How often the provider has refused the present reference for want of money. */
  refusals?: number;
  /** How the present attempt pays; absent: back by the way of the payment. */
  route?: AttemptRoute;
  /** The payee's account, where the money does not go back the way it came. */
  destinationId?: string;
  /** How often money of this leg has come back. */
  returns?: number;
  /** The last attempt whose money came back, and when by the provider's date. */
  lastReturn?: { attempt: number; at: string };
  /**
   * The attempt that the provider contradicts itself about: its money may have moved after all. Until a query proves that
   * it did not, or a person proves that it did, nothing more is instructed.
   */
  contradicted?: number;
  /** An earlier attempt that its provider is to be asked about next; absent: only the present one is asked about. */
  asksAbout?: number;
  /** The number that a bank can trace the money of the present attempt by, where its provider tells one. */
  traceNumber?: string;
  /** Set when two people have given this leg up: nothing is paid for it any more. */
  givenUp?: true;
}

/** An act of the desk that one person has proposed and another one confirms or rejects. */
export interface Proposal {
  /** The command that proposed it. */
  id: string;
  act: ProposedAct;
  legId: string;
  /** The attempt that it is about: with another one it is void. */
  attempt: number;
  destinationId?: string;
  proofEvidenceId?: string;
  /** When the money was paid by hand, ISO. */
  paidAt?: string;
  proposedBy: string;
  at: string;
}

export type ProposedAct = 'alternative_route' | 'manual_payment' | 'give_up';

/**
 * How the decline of a refund, or an offer of less, can be, or was, appealed. Once: an appeal that was made opens no other
 * window.
 */
export interface Appeal {
  /** Until when, ISO. */
  until: string;
  /** When it was made. */
  madeAt?: string;
  /** Set when nobody appealed in time, or what was offered was taken. */
  lapsed?: true;
}

/** That two people have ended a refund whose money, or part of it, could not be paid. The reason is in the command row. */
export interface GivenUp {
  at: string;
}

/** How often the request was sent back and answered: rounds that an appeal or a raise opened are not the customer's corrections. */
export const correctionsOf = ({ round, raises, appeal }: Pick<ProcessState, 'round' | 'raises' | 'appeal'>): number =>
  round - 1 - (raises ?? 0) - (appeal?.madeAt === undefined ? 0 : 1);

/** The watch over the promise given to the customer. */
export interface ArrivalWatch {
  promisedBy: string;
  watchUntil: string;
  overdue: boolean;
  /** When the last of the money was paid; absent where nobody kept it. */
  paidAt?: string;
  /** What the promise rests on, frozen with it; absent: the policy's table. */
  basis?: ArrivalBasis;
  /** When somebody confirmed that what was paid of a refund that was given up in part is there. */
  confirmedAt?: string;
  /** Which promise it is since money last came back; absent: the first. */
  nth?: number;
}

export interface LastDecision {
  stageId: string;
  decision: DecisionKind;
  personId: string;
  /** Whose place the person took, when it was not their own stage. */
  onBehalfOf?: string;
  at: string;
}

export type DecisionKind = 'approve' | 'decline' | 'send_back' | 'request_info';

/**
 * Where a refund stands. Plain JSON: the workflow holds it, each record step answers with the next one, and Postgres
 * keeps the same value, so that a lost workflow task finds what was committed.
 */
export interface ProcessState {
  seq: number;
  status: RefundStatus;
  snapshotVersion: number;
  amountMinor: number;
  approvedAmountMinor: number | null;
  /** 1, and one more for each answered send-back, raise and appeal. */
  round: number;
  /** The base of this round's clocks: acceptance, or the answer that opened the round. */
  roundStartedAt: string;
  stage: OpenStage | null;
  answer: AwaitedAnswer | null;
  excluded: ExcludedPerson[];
  lastDecision: LastDecision | null;
  responded: boolean;
  legs: Leg[];
  /** How the total is spread over the payments; absent: in order of capture. */
  allocation?: AllocationStrategy;
  arrival: ArrivalWatch | null;
  /** What one person of the desk has proposed and a second one has not answered yet. */
  proposals?: Proposal[];
  /** How many rounds were opened because more was approved again; absent: none, or from before they were counted. */
  raises?: number;
  /** Set by the first decline, or the first offer of less, of a plan that lets people appeal. */
  appeal?: Appeal;
  /** Set when the refund ended as `payment_failed`: it waits for nobody any more. */
  givenUp?: GivenUp;
}

/**
 * Tells the promise that stands from those before it, for what must happen once a promise: after money came back, or when
 * more of it was paid, it is another one. Empty for the first of all.
 */
export function promiseMark({ legs, arrival }: Pick<ProcessState, 'legs' | 'arrival'>): string {
  const returns = returnsOf(legs);
  const nth = arrival?.nth ?? 1;
  return nth > 1 ? `${returns}.${nth}` : returns > 0 ? String(returns) : '';
}

/** True when nothing can follow but a return of the money or an appeal. */
export const isOver = (state: Pick<ProcessState, 'status' | 'givenUp'>): boolean =>
  isFinal(state.status) || state.givenUp !== undefined;

/**
 * True while the promise about money that was paid is watched: of a paid refund, or of what was paid before the rest was
 * given up. Then its receipt can be confirmed.
 */
export const isWatched = ({ status, givenUp, arrival }: ProcessState): boolean =>
  status === 'paid' || (givenUp !== undefined && arrival !== null && arrival.confirmedAt === undefined);

/** True while a provider is asked about a leg that was given up, because it contradicts itself about it. */
export const isAskedAfterAll = ({ legs }: Pick<ProcessState, 'legs'>): boolean =>
  legs.some((leg) => leg.givenUp && leg.nextQueryAt !== null);

/** True while a decline waits for an appeal: what was reserved is held, and the workflow lives. */
export const isAppealable = ({ status, appeal }: Pick<ProcessState, 'status' | 'appeal'>): boolean =>
  status === 'declined' && appeal !== undefined && appeal.madeAt === undefined && !appeal.lapsed;

/** True while the customer is asked whether they take less than they asked for. */
export const hasOpenOffer = ({ status, answer }: Pick<ProcessState, 'status' | 'answer'>): boolean =>
  status === 'awaiting_customer' && answer?.kind === 'offer';

/**
 * True while what its order is now still has to be decided about. Less than was asked for is decided: the customer's word on it
 * is a word on what was decided, and a change of the order takes it from nobody.
 */
export const restsOnOrder = (state: Pick<ProcessState, 'status' | 'answer'>): boolean =>
  isUndecided(state) && !hasOpenOffer(state);

/** True when its workflow has ended, or ends by itself before anything could be sent to it. `at` is an ISO instant. */
export const hasEnded = (state: ProcessState, at: string): boolean => {
  if (isWatched(state)) return state.arrival !== null && state.arrival.watchUntil <= at;
  return isOver(state) && !isAskedAfterAll(state) && !isAppealable(state);
};

/** Whether money of a payment is still to leave for this refund: neither sent, nor paid, nor given up. */
export const isStillToPay = (state: ProcessState, paymentId: string): boolean =>
  !isOver(state) &&
  state.legs.some(
    (leg) => leg.paymentId === paymentId && !leg.givenUp && (leg.status === 'reserved' || isProvenUnpaid(leg.status)),
  );

/** How often money of this refund has come back. */
export const returnsOf = (legs: Leg[]): number => legs.reduce((sum, leg) => sum + (leg.returns ?? 0), 0);

/** The step that blocks a refund, as lists and pages show it. */
export interface WaitingFor {
  kind: WaitingKind;
  stage: string | null;
  who: string | null;
  dueAt: string | null;
  pausedSince: string | null;
  /** Why an approved payment is held; null when none is. `dueAt` is then the next try. */
  reason: HoldReason | null;
}

/** What the refund waits for now; null when it is over. */
export function waitingForOf(state: ProcessState): WaitingFor | null {
  const none = { stage: null, who: null, dueAt: null, pausedSince: null, reason: null };
  const arrival = { ...none, kind: 'arrival', who: 'customer', dueAt: state.arrival?.promisedBy ?? null } as const;
  if (state.givenUp) return isWatched(state) ? arrival : null;
  switch (state.status) {
    case 'accepted':
      return { ...none, kind: 'start' };
    case 'in_review': {
      const stage = state.stage;
      if (!stage) return { ...none, kind: 'desk' };
      if (stage.onDesk) return { ...none, kind: 'desk', stage: stage.id, who: 'role:finance', dueAt: stage.dueAt };
      return { ...none, kind: 'stage', stage: stage.id, who: whoOf(stage.roles), dueAt: stage.dueAt };
    }
    case 'awaiting_customer':
      return {
        ...none,
        kind: 'customer',
        stage: state.answer?.stageId ?? null,
        who: state.answer?.kind === 'correction' ? 'requester' : 'customer',
        dueAt: state.answer?.deadlineAt ?? null,
        pausedSince: state.stage?.pausedAt ?? null,
      };
    case 'awaiting_goods':
      return { ...none, kind: 'goods' };
    case 'cooling_off':
      return { ...none, kind: 'cooling_off' };
    case 'awaiting_funds':
      return { ...none, kind: 'funds', ...waitOfHold(state.legs) };
    case 'paying':
      return waitingToPay(state.legs) ?? { ...none, kind: 'payment', who: 'provider' };
    case 'payment_unknown':
      return { ...none, kind: 'payment', who: 'provider', dueAt: nextQueryAtOf(state.legs) };
    case 'payment_failed':
      return { ...none, kind: 'desk', who: 'role:finance' };
    case 'paid':
      return arrival;
    case 'arrived':
    case 'fulfilled':
    case 'declined':
    case 'withdrawn':
    case 'expired':
      return null;
  }
}

/** The hold that a refund shows: that of the first leg that is held. */
const firstHeld = (legs: Leg[]): (Leg & { hold: LegHold }) | undefined =>
  legs.find((leg): leg is Leg & { hold: LegHold } => leg.hold != null);

function waitOfHold(legs: Leg[]): Pick<WaitingFor, 'who' | 'dueAt' | 'reason'> {
  const held = firstHeld(legs);
  return { who: 'role:finance', dueAt: held?.nextQueryAt ?? null, reason: held?.hold.reason ?? null };
}

/** What a refund whose payment is held waits for; null when none is. */
function waitingToPay(legs: Leg[]): WaitingFor | null {
  const held = firstHeld(legs);
  if (!held) return null;
  const wait = { stage: null, pausedSince: null, ...waitOfHold(legs) };
  const { reason } = held.hold;
  if (reason === 'cooling_off') return { ...wait, kind: 'cooling_off', who: null };
  if (reason === 'too_soon') return { ...wait, kind: 'payment', who: 'provider' };
  return { ...wait, kind: cureOf(reason) === 'funds' ? 'funds' : 'desk' };
}

/** The earliest instant at which a provider is to be asked, or null. */
export function nextQueryAtOf(legs: Leg[]): string | null {
  return legs.reduce<string | null>(
    (first, leg) => (leg.nextQueryAt && (!first || leg.nextQueryAt < first) ? leg.nextQueryAt : first),
    null,
  );
}

const whoOf = (roles: string[]): string => roles.map((role) => `role:${role}`).join(' ');
