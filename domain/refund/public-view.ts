import {
  tellableReason,
  type ArrivalBasis,
  type AttemptRoute,
  type FailureClass,
  type FailureRule,
  type HoldReason,
  type PaymentFailure,
  type TellableHoldReason,
} from '../payment';
import type { AllocationStrategy } from '../money';
import { breakdownAt, type Breakdown, type Deduction, type RefundAmounts } from './breakdown';
import type { LocalizedText, Plan } from './plan';
import { hasOpenOffer, waitingForOf, type Leg, type LegHold, type ProcessState, type WaitingFor } from './process';
import type { RefundStatus } from './status';

/** What the views of a refund are made of. Instants are ISO, amounts minor units. */
export interface RefundRecord {
  id: string;
  orderExternalId: string;
  amountMinor: number;
  paidAmountMinor: number;
  currency: string;
  reasonCode: string;
  channel: string;
  resolution: string;
  externalReference: string | null;
  metadata: Record<string, unknown>;
  policyName: string;
  policyVersion: number;
  /** The clause by which the machine declined it at once; null where people decide. */
  declineClause: string | null;
  plan: Plan;
  process: ProcessState;
  /** Rows of the present round; a stage without a row shows what the process says. */
  stages: { stageId: string; status: string; dueAt: string | null }[];
  /** External ids of the payments behind the legs, by payment id. */
  paymentExternalIds: Record<string, string>;
  /** What the amount asked for is made of; null on refunds older than breakdowns. */
  amounts: RefundAmounts | null;
  /** What legs are in the books, by leg id; without those whose capture states no rate. */
  accounting: Record<string, PublicAccounting>;
  arrivalFrom: string | null;
  arrivalTo: string | null;
  arrivalConfirmedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface PublicStage {
  stage: string;
  role: string;
  status: string;
  dueAt: string | null;
}

/** A leg in the currency of the books. */
export interface PublicAccounting {
  currency: string;
  /** The capture's, as it stood at acceptance. */
  rate: string;
  amountMinor: number;
  settlementRate: string | null;
  /** What the settlement made it more (above zero: a loss) or less than at capture. */
  exchangeDifferenceMinor: number | null;
  /** When that was booked, ISO; null while it is not. */
  exchangeBookedAt: string | null;
}

/** A breakdown without the words that were written for one customer. */
export interface PublicBreakdown extends Omit<Breakdown, 'deductions'> {
  deductions: Omit<Deduction, 'reason'>[];
}

/** One payout of a refund, wherever its money comes from. */
export interface PublicLeg {
  amountMinor: number;
  status: string;
  reference: string;
  /** By which way the money goes: back as it came, to another account, or paid by hand. */
  route: AttemptRoute;
  /** What a bank can trace the money by; null where the provider tells none. */
  traceNumber: string | null;
  failure: PublicFailure | null;
  /** Why nothing is sent yet, since when, and when it is tried again; null when nothing holds it. */
  hold: { reason: TellableHoldReason; since: string; retryAt: string | null } | null;
}

export interface PublicPayment extends PublicLeg {
  paymentExternalId: string;
  accounting: PublicAccounting | null;
}

/** What is given beside the amount, from a budget of its own to an account of the customer. */
export interface PublicGoodwill extends PublicLeg {
  code: string;
  label: LocalizedText;
}

/**
 * Why a leg is not paid. The provider's own code is for those who work with it, the words are for the reader; what is done
 * next and by whom is for staff.
 */
export interface PublicFailure extends Partial<Pick<FailureRule, 'nextAction' | 'ownerRole' | 'sameReference'>> {
  class: FailureClass;
  code: string | null;
  message: string | null;
}

/** Whom or what it waits for; a hold by the reason that this reader may learn. */
export type PublicWaiting = Omit<WaitingFor, 'reason'> & {
  reason: TellableHoldReason | null;
  explanation: string | null;
};

/** A refund as integrators see it: no personal data, no names of staff, no free text. */
export interface PublicRefund {
  id: string;
  /** Number of the last transition: a greater one is newer. */
  seq: number;
  status: RefundStatus;
  amountMinor: number;
  approvedAmountMinor: number | null;
  paidAmountMinor: number;
  currency: string;
  orderExternalId: string;
  reasonCode: string;
  channel: string;
  resolution: string;
  externalReference: string | null;
  metadata: Record<string, unknown>;
  snapshotVersion: number;
  policyVersion: string;
  /** The machine decides by an explicit clause of a policy alone. */
  decidedBy: 'people' | 'machine';
  /** The clause by which the machine decided at once; null where people decide. */
  clause: string | null;
  waitingFor: PublicWaiting | null;
  plan: PublicStage[];
  /** How the total is spread over the payments. */
  allocationStrategy: AllocationStrategy;
  payments: PublicPayment[];
  /** Of the amount approved so far, or else asked for. */
  breakdown: PublicBreakdown | null;
  /** Beside `amountMinor` and in none of the sums; null where nothing is given. */
  goodwill: PublicGoodwill | null;
  arrival: {
    expectedFrom: string | null;
    expectedTo: string | null;
    basis: ArrivalBasis;
    confirmedAt: string | null;
  };
  /** `off`: by its policy, who asked for it or has decided it before may decide it. */
  separationOfDuties: 'on' | 'off';
  /** What the customer is asked to take, and until when; null where nothing is offered. */
  offer: { amountMinor: number; until: string } | null;
  /** Until when its decline can or could be appealed, and when it was; null where none can be. */
  appeal: { until: string; madeAt: string | null } | null;
  /** When two people ended it though its money, or part of it, could not be paid; else null. */
  givenUpAt: string | null;
  createdAt: string;
  updatedAt: string;
  links: { self: string; timeline: string; status: string | null; temporal: string | null };
}

/**
 * The integrator's view, also the data of outgoing webhooks.
 * @param words what only some readers get: the explanation in the reader's language, links to pages, and to staff alone the true
 *   reason of a hold.
 */
export function publicRefund(
  record: RefundRecord,
  words: {
    explanation?: string | null;
    statusPage?: string | null;
    temporalPage?: string | null;
    failureText?: (failure: PaymentFailure) => string;
    isForStaff?: boolean;
  } = {},
): PublicRefund {
  const { process } = record;
  const waitingFor = waitingForOf(process);
  const told: ToldHold = (reason, until) => {
    if (words.isForStaff) return { reason, until };
    // An exact instant would tell one question of our staff from another.
    const outside = tellableReason(reason);
    return { reason: outside, until: outside === 'in_question' ? null : until };
  };
  const wait = waitingFor?.reason ? told(waitingFor.reason, waitingFor.dueAt) : null;
  const clause = record.declineClause ?? record.plan.approvedBy ?? null;
  const self = `/v1/refunds/${record.id}`;
  return {
    id: record.id,
    seq: process.seq,
    status: process.status,
    amountMinor: record.amountMinor,
    approvedAmountMinor: process.approvedAmountMinor,
    paidAmountMinor: record.paidAmountMinor,
    currency: record.currency,
    orderExternalId: record.orderExternalId,
    reasonCode: record.reasonCode,
    channel: record.channel,
    resolution: record.resolution,
    externalReference: record.externalReference,
    metadata: record.metadata,
    snapshotVersion: process.snapshotVersion,
    policyVersion: `${record.policyName}@${record.policyVersion}`,
    // An appeal takes it out of the machine's hands.
    decidedBy: clause === null || process.appeal?.madeAt !== undefined ? 'people' : 'machine',
    clause,
    waitingFor: waitingFor && {
      ...waitingFor,
      reason: wait?.reason ?? null,
      dueAt: wait ? wait.until : waitingFor.dueAt,
      explanation: words.explanation ?? null,
    },
    plan: publicPlan(record),
    allocationStrategy: process.allocation ?? 'original_first',
    payments: process.legs
      .filter((leg) => leg.fund === undefined)
      .map((leg) => ({
        paymentExternalId: record.paymentExternalIds[leg.paymentId] ?? leg.paymentId,
        ...publicLeg(leg, words.failureText, told),
        accounting: record.accounting[leg.id] ?? null,
      })),
    breakdown: publicBreakdown(breakdownOf(record)),
    goodwill: publicGoodwill(record, words.failureText, told),
    arrival: {
      expectedFrom: record.arrivalFrom,
      expectedTo: record.arrivalTo,
      basis: process.arrival?.basis ?? 'seed_table',
      confirmedAt: record.arrivalConfirmedAt,
    },
    separationOfDuties: record.plan.dutiesOff ? 'off' : 'on',
    offer:
      process.answer && hasOpenOffer(process)
        ? { amountMinor: process.approvedAmountMinor ?? process.amountMinor, until: process.answer.deadlineAt }
        : null,
    appeal: process.appeal ? { until: process.appeal.until, madeAt: process.appeal.madeAt ?? null } : null,
    givenUpAt: process.givenUp?.at ?? null,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    links: {
      self,
      timeline: `${self}/timeline`,
      status: words.statusPage ?? null,
      temporal: words.temporalPage ?? null,
    },
  };
}

/** What the amount approved so far, or else asked for, is made of; null when nobody knows. */
export const breakdownOf = ({ amounts, process }: Pick<RefundRecord, 'amounts' | 'process'>): Breakdown | null =>
  amounts && breakdownAt(amounts, process.approvedAmountMinor ?? process.amountMinor);

const publicBreakdown = (breakdown: Breakdown | null): PublicBreakdown | null =>
  breakdown && {
    ...breakdown,
    deductions: breakdown.deductions.map(({ reason: _reason, ...deduction }) => deduction),
  };

type FailureText = (failure: PaymentFailure) => string;

/** What a reader is told of a hold: why, and until when it lasts. */
type ToldHold = (reason: HoldReason, until: string | null) => { reason: TellableHoldReason; until: string | null };

const publicLeg = (leg: Leg, failureText: FailureText | undefined, told: ToldHold): PublicLeg => ({
  amountMinor: leg.amountMinor,
  status: leg.status,
  reference: leg.reference,
  route: leg.route ?? 'original',
  traceNumber: leg.traceNumber ?? null,
  failure: leg.failure && { ...leg.failure, message: failureText?.(leg.failure) ?? null },
  hold: leg.hold ? publicHold(leg.hold, told(leg.hold.reason, leg.nextQueryAt)) : null,
});

const publicHold = ({ since }: LegHold, { reason, until }: ReturnType<ToldHold>): PublicLeg['hold'] => ({
  reason,
  since,
  retryAt: until,
});

/** What is given beside the amount, as far as its leg is there: the machine's decline takes none. */
function publicGoodwill(
  record: RefundRecord,
  failureText: FailureText | undefined,
  told: ToldHold,
): PublicGoodwill | null {
  const leg = record.process.legs.find((candidate) => candidate.fund === 'goodwill');
  const goodwill = record.amounts?.goodwill;
  return leg && goodwill ? { code: goodwill.code, label: goodwill.label, ...publicLeg(leg, failureText, told) } : null;
}

function publicPlan(record: RefundRecord): PublicStage[] {
  const open = record.process.stage;
  return record.plan.stages.map((stage, index) => {
    const row = record.stages.find((candidate) => candidate.stageId === stage.id);
    const isOpen = open?.id === stage.id;
    const assumed = isOpen ? (open.pausedAt ? 'paused' : 'open') : open && index < open.index ? 'approved' : 'pending';
    return {
      stage: stage.id,
      role: stage.role,
      status: row?.status ?? assumed,
      dueAt: isOpen ? open.dueAt : (row?.dueAt ?? null),
    };
  });
}
