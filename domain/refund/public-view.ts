import type { FailureClass, FailureRule, HoldReason, PaymentFailure } from '../payment';
import type { Plan } from './plan';
import { waitingForOf, type ProcessState, type WaitingFor } from './process';
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
  plan: Plan;
  process: ProcessState;
  /** Rows of the present round; a stage without a row shows what the process says. */
  stages: { stageId: string; status: string; dueAt: string | null }[];
  /** External ids of the payments behind the legs, by payment id. */
  paymentExternalIds: Record<string, string>;
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

export interface PublicPayment {
  paymentExternalId: string;
  amountMinor: number;
  status: string;
  reference: string;
  failure: PublicFailure | null;
  /** Why nothing is sent yet, since when, and when it is tried again; null when nothing holds it. */
  hold: { reason: HoldReason; since: string; retryAt: string | null } | null;
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
  waitingFor: (WaitingFor & { explanation: string | null }) | null;
  plan: PublicStage[];
  payments: PublicPayment[];
  arrival: {
    expectedFrom: string | null;
    expectedTo: string | null;
    basis: 'seed_table' | 'measured';
    confirmedAt: string | null;
  };
  createdAt: string;
  updatedAt: string;
  links: { self: string; timeline: string; status: string | null; temporal: string | null };
}

/**
 * The integrator's view, also the data of outgoing webhooks.
 * @param words what only some readers get: the explanation in the reader's language, and links to pages.
 */
export function publicRefund(
  record: RefundRecord,
  words: {
    explanation?: string | null;
    statusPage?: string | null;
    temporalPage?: string | null;
    failureText?: (failure: PaymentFailure) => string;
  } = {},
): PublicRefund {
  const { process } = record;
  const waitingFor = waitingForOf(process);
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
    waitingFor: waitingFor && { ...waitingFor, explanation: words.explanation ?? null },
    plan: publicPlan(record),
    payments: process.legs.map((leg) => ({
      paymentExternalId: record.paymentExternalIds[leg.paymentId] ?? leg.paymentId,
      amountMinor: leg.amountMinor,
      status: leg.status,
      reference: leg.reference,
      failure: leg.failure && { ...leg.failure, message: words.failureText?.(leg.failure) ?? null },
      hold: leg.hold ? { ...leg.hold, retryAt: leg.nextQueryAt } : null,
    })),
    arrival: {
      expectedFrom: record.arrivalFrom,
      expectedTo: record.arrivalTo,
      basis: 'seed_table',
      confirmedAt: record.arrivalConfirmedAt,
    },
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
