import type { AcceptanceFacts, AcceptedPlan, GoodwillFacts, OrderFacts, RequestedLine } from '../domain/process';
import type { BusinessCalendar } from '../domain/calendar';
import { calendarFor, chooseVersions, type PolicyDocument } from '../domain/policy';
import type { ExcludedPerson, RefundAmounts } from '../domain/refund';
import type { LoadedOrder } from './acceptance-facts';
import { loadGoodwill } from './goodwill';
import { calendarOfHash, policyOfHash } from './known-documents';
import { newId } from './new-id';
import { newReference } from './reference';
import type { Statements } from './statements';

/** What is asked for, with who asks: enough to judge it by. */
export interface RefundQuestion {
  mode: 'live' | 'test';
  orderExternalId: string;
  amountMinor: number;
  currency: string;
  reasonCode: string;
  description: string;
  channel: string;
  resolution: string;
  evidenceIds: string[];
  requestedBy: { name: string; contact: string } | null;
  externalReference: string | null;
  /** The payee's account, for payments that cannot be refunded the way they came. */
  destinationId?: string | null;
  metadata: Record<string, string>;
  enteredBy: { kind: string; id: string; personId: string | null };
  /** Persons behind the credential: none of them may decide. */
  behindKey: ExcludedPerson[];
  /** Set for a customer's own token: only their own orders. */
  customerId: string | null;
  /** True when something is given beside the refund. */
  givesGoodwill?: boolean;
}

/** A request as it came through the door: a question that is to be acted on, once. */
export interface NewRefund extends RefundQuestion {
  commandId: string;
}

/** What the decision to accept is made with, read under the locks of the order's payments. */
export interface AcceptanceInput {
  order: OrderFacts;
  /** customer · person · system */
  enteredBy: string;
  policy: PolicyDocument;
  purchasePolicy: PolicyDocument;
  /** That of the order's branch, or of the policy. */
  calendar: AcceptanceFacts['calendar'];
  /** Of stages that name their own, by id. */
  stageCalendars: Record<string, BusinessCalendar>;
  knownEvidence: string[];
  candidates: AcceptanceFacts['candidates'];
  delegations: AcceptanceFacts['delegations'];
  excluded: ExcludedPerson[];
  /** The destination that the request names, when this customer may use it. */
  destination: { id: string; fingerprint: string } | null;
  /** A leg in waiting for each payment, oldest first. */
  payments: AcceptanceFacts['payments'];
  /** Null where the request gives none. */
  goodwill: GoodwillFacts | null;
}

export interface AcceptanceDecision {
  accepted: AcceptedPlan;
  lines: RequestedLine[];
  amounts: RefundAmounts;
}

export class OrderNotFoundError extends Error {
  override name = 'OrderNotFoundError';
}

export class PolicyMissingError extends Error {
  override name = 'PolicyMissingError';
}

/** Everything that a request is judged by. @param locks whether it is to be acted on. @throws PolicyMissingError */
export async function inputOf(
  tx: Statements,
  request: RefundQuestion,
  loaded: LoadedOrder,
  nowIso: string,
  locks = true,
): Promise<AcceptanceInput> {
  const { policy, purchasePolicy } = await choosePolicies(tx, request.mode, loaded, nowIso);
  const calendarOf = async (id: string): Promise<BusinessCalendar> => {
    const hash = loaded.calendars[id];
    if (hash === undefined)
      throw new PolicyMissingError(`The calendar ${id} of ${policy.name}@${policy.version} is not there.`);
    return calendarOfHash(tx, request.mode, id, hash);
  };
  const stageCalendars: Record<string, BusinessCalendar> = {};
  for (const { calendarId } of policy.stages)
    if (calendarId !== undefined) stageCalendars[calendarId] ??= await calendarOf(calendarId);
  return {
    order: loaded.facts,
    enteredBy: request.enteredBy.kind,
    policy,
    purchasePolicy,
    calendar: await calendarOf(calendarFor(policy, loaded.branch)),
    stageCalendars,
    knownEvidence: loaded.knownEvidence,
    destination: loaded.destination,
    candidates: loaded.candidates,
    delegations: loaded.delegations,
    excluded: [...request.behindKey, ...loaded.staffCustomers],
    payments: loaded.facts.payments.map((payment) => ({
      id: payment.id,
      provider: payment.provider,
      currency: payment.currency,
      availableMinor: payment.availableMinor,
      accounting: payment.accounting,
      legId: newId('al'),
      reference: newReference(),
    })),
    goodwill: request.givesGoodwill ? await loadGoodwill(tx, request.mode, loaded, nowIso, locks) : null,
  };
}

/** The policy in force now, and the one in force at purchase. */
async function choosePolicies(
  tx: Statements,
  mode: 'live' | 'test',
  { policies, facts }: LoadedOrder,
  nowIso: string,
): Promise<{ policy: PolicyDocument; purchasePolicy: PolicyDocument }> {
  const chosen = chooseVersions(policies, nowIso, facts.placedAt);
  if (!chosen) throw new PolicyMissingError('No policy is in force.');
  const { current, atPurchase } = chosen;
  const policy = await policyOfHash(tx, mode, current.hash);
  return { policy, purchasePolicy: atPurchase === current ? policy : await policyOfHash(tx, mode, atPurchase.hash) };
}
