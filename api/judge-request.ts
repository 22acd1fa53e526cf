import { UncertifiedYearError } from '../domain/calendar';
import {
  checkGoodwill,
  checkRequest,
  directLegs,
  planAcceptance,
  policyFacts,
  type AcceptedGoodwill,
  type DestinationRefusal,
  type RequestedRefund,
  type RequestRefusal,
} from '../domain/process';
import { assertNever, type ExcludedPerson } from '../domain/refund';
import { needsDestination } from '../integrations/payments/providers';
import {
  OrderNotFoundError,
  PolicyMissingError,
  type AcceptanceDecision,
  type AcceptanceInput,
  type RefundQuestion,
} from '../store';
import { CONTRADICTIONS, DEDUCTION_PROBLEMS, GOODWILL_PROBLEMS } from './contradictions';
import { Problem } from './problems';
import type { CreateRefundBody } from './schemas/refunds';
import type { Principal } from './types';

export interface JudgeDeps {
  /** Whether this installation can pay through an account of a provider. */
  canPay: (mode: 'live' | 'test', provider: string, merchantAccount: string) => boolean;
  /** The provider through which this installation pays to accounts of customers in a currency; null: through none. */
  providerToAccounts: (mode: 'live' | 'test', currency: string) => string | null;
}

/**
 * A request with who brought it, as the store looks for its facts.
 * @throws Problem forbidden, when a customer says what is the shop's to say
 */
export function newRefundOf(principal: Principal, body: CreateRefundBody): RefundQuestion {
  // How it is spread, what is kept back and what is given beside it are the shop's to say.
  if (principal.kind === 'customer' && (body.allocation || body.deductions.length > 0 || body.goodwill))
    throw new Problem('forbidden', { params: { roles: 'integrator, agent' } });
  return {
    mode: principal.mode,
    orderExternalId: body.orderExternalId,
    amountMinor: body.amountMinor,
    currency: body.currency,
    reasonCode: body.reasonCode,
    description: body.description,
    channel: body.channel,
    resolution: body.resolution,
    evidenceIds: body.evidenceIds,
    requestedBy: body.requestedBy ?? null,
    externalReference: body.externalReference ?? null,
    destinationId: body.destinationId ?? null,
    metadata: body.metadata,
    enteredBy: { kind: principal.kind, id: principal.keyId, personId: principal.personId },
    behindKey: personsBehind(principal),
    customerId: principal.kind === 'customer' ? principal.customerId : null,
    givesGoodwill: body.goodwill !== undefined,
  };
}

/**
 * Judges a request by what the store has read: what accepts a refund and what previews one ask here alone, so that a
 * preview can never say something else.
 * @throws Problem when it is refused; UncertifiedYearError
 */
export function judgeRequest(
  deps: JudgeDeps,
  mode: 'live' | 'test',
  body: CreateRefundBody,
  input: AcceptanceInput,
  now: string,
): AcceptanceDecision {
  const requested = { ...requestedOf(body), enteredBy: input.enteredBy };
  const checked = checkRequest(
    requested,
    input.order,
    input.policy,
    input.knownEvidence,
    (provider, merchantAccount) => deps.canPay(mode, provider, merchantAccount),
    now,
    input.purchasePolicy,
  );
  if (checked.refused) throw problemOf(checked.refused, requested.expectedRefundableMinor);
  const goodwill = goodwillOf(deps, mode, requested, input);
  const accepted = planAcceptance({
    ...policyFacts(requested, input.order, now),
    amountMinor: requested.amountMinor,
    allocation: requested.allocation ?? null,
    goodwill,
    payments: input.payments,
    excluded: input.excluded,
    calendar: input.calendar,
    stageCalendars: input.stageCalendars,
    policy: input.policy,
    purchasePolicy: input.purchasePolicy,
    candidates: input.candidates,
    delegations: input.delegations,
  });
  const { lines } = checked;
  const amounts = goodwill ? { ...checked.amounts, goodwill: goodwill.goodwill } : checked.amounts;
  if (accepted.declineClause !== null) return { accepted, lines, amounts };
  const directed = directLegs(accepted.state.legs, body.destinationId ?? null, input.destination, needsDestination);
  if ('refused' in directed) throw destinationProblem(directed.refused);
  return { accepted: { ...accepted, state: { ...accepted.state, legs: directed.legs } }, lines, amounts };
}

/** What judging can meet beside refusals, as the problem that its caller is told; anything else comes back as it is. */
export function judgingProblem(error: unknown): unknown {
  if (error instanceof OrderNotFoundError) return new Problem('order_not_found');
  if (error instanceof PolicyMissingError) return new Problem('policy_not_configured');
  if (error instanceof UncertifiedYearError)
    return new Problem('calendar_not_certified', { params: { calendarId: error.calendarId, year: error.year } });
  return error;
}

const requestedOf = (body: CreateRefundBody): RequestedRefund => ({
  amountMinor: body.amountMinor,
  currency: body.currency,
  reasonCode: body.reasonCode,
  description: body.description,
  channel: body.channel,
  lines: body.lines ?? null,
  evidenceIds: body.evidenceIds,
  resolution: body.resolution,
  expectedRefundableMinor: body.expectedRefundableMinor ?? null,
  allocation: body.allocation ?? null,
  deductions: body.deductions,
  goodwill: body.goodwill ?? null,
});

/** What is given beside the refund; null where nothing is. @throws Problem when it cannot be given */
function goodwillOf(
  deps: JudgeDeps,
  mode: 'live' | 'test',
  requested: RequestedRefund,
  input: AcceptanceInput,
): AcceptedGoodwill | null {
  if (!requested.goodwill || !input.goodwill) return null;
  const provider = input.destination && deps.providerToAccounts(mode, requested.currency);
  const checked = checkGoodwill(requested.goodwill, input.goodwill, input.policy, requested.currency, provider);
  if (checked.refused) throw problemOf(checked.refused, null);
  return checked.accepted;
}

/** None of these may decide: who entered the request, and who owns or made the key that it came with. */
function personsBehind(principal: Principal): ExcludedPerson[] {
  const persons: [string | null, ExcludedPerson['rule']][] = [
    [principal.personId, 'requester'],
    [principal.ownerPersonId, 'key_owner'],
    [principal.creatorPersonId, 'key_creator'],
  ];
  const seen = new Set<string>();
  return persons.flatMap(([personId, rule]) => {
    if (!personId || seen.has(personId)) return [];
    seen.add(personId);
    return [{ personId, rule }];
  });
}

function destinationProblem(refused: DestinationRefusal): Problem {
  switch (refused.code) {
    case 'destination_required':
    case 'destination_not_needed':
      return new Problem(refused.code);
    case 'destination_not_found':
      return new Problem(refused.code, { params: { destinationId: refused.destinationId } });
  }
}

function problemOf(refused: RequestRefusal, expectedMinor: number | null): Problem {
  switch (refused.code) {
    case 'resolution_not_available':
      return new Problem(refused.code, { params: { resolution: refused.resolution } });
    case 'contradictory_facts':
      return new Problem(refused.code, {
        params: { reason: CONTRADICTIONS[refused.why] },
        errors: [{ path: refused.path, code: refused.why, message: CONTRADICTIONS[refused.why].en }],
        extra: refused.data,
      });
    case 'deduction_not_allowed': {
      const { why, path, data } = refused.problem;
      return new Problem(refused.code, {
        params: { reason: DEDUCTION_PROBLEMS[why] },
        errors: [{ path, code: why, message: DEDUCTION_PROBLEMS[why].en }],
        extra: { why, ...data },
      });
    }
    case 'goodwill_not_allowed':
      return new Problem(refused.code, {
        params: { reason: GOODWILL_PROBLEMS[refused.why] },
        errors: [{ path: 'goodwill', code: refused.why, message: GOODWILL_PROBLEMS[refused.why].en }],
        extra: { why: refused.why, ...(refused.atMostMinor === null ? {} : { atMostMinor: refused.atMostMinor }) },
      });
    case 'goodwill_destination_required':
      return new Problem(refused.code);
    case 'goodwill_budget_exhausted':
      return new Problem(refused.code, {
        params: { availableMinor: refused.availableMinor },
        extra: { availableMinor: refused.availableMinor },
      });
    case 'provider_not_configured':
      return new Problem(refused.code, {
        params: { provider: refused.provider, merchantAccount: refused.merchantAccount },
      });
    case 'reason_not_available':
      return new Problem(refused.code, {
        params: { reasons: refused.allowed.join(', ') },
        extra: { allowed: refused.allowed },
      });
    case 'description_too_short':
      return new Problem('invalid_request', {
        errors: [{ path: 'description', code: refused.code, message: `at least ${refused.minLength} characters` }],
      });
    case 'evidence_required':
      return new Problem('invalid_request', {
        errors: [{ path: 'evidenceIds', code: refused.code, message: 'this reason needs evidence' }],
      });
    case 'evidence_not_found':
      return new Problem(refused.code, {
        params: { evidenceId: refused.evidenceIds.join(', ') },
        extra: { evidenceIds: refused.evidenceIds },
      });
    case 'refundable_changed':
    case 'insufficient_refundable':
      return new Problem(refused.code, {
        params: { refundableMinor: refused.refundableMinor, expectedMinor: expectedMinor ?? refused.refundableMinor },
        extra: { refundableMinor: refused.refundableMinor },
      });
    case 'duplicate_refund':
      return new Problem(refused.code, {
        params: { refundId: refused.refundId },
        extra: { refundId: refused.refundId },
      });
    default:
      return assertNever(refused);
  }
}
