import { sumMinor, type AllocationStrategy } from '../money';
import { checkReason, type CustomerFacts, type PolicyDocument, type PolicyFacts } from '../policy';
import { breakdownAt, deductedMinor, lineMinor, type Deduction, type RefundAmounts } from '../refund';
import type { ListedFact, RiskFacts } from '../risk';
import { checkDeductions, type DeductionProblem, type RequestedDeduction } from './check-deductions';
import type { GoodwillRefusal, RequestedGoodwill } from './check-goodwill';
import { prorateLine, prorateShipping, type LineToProrate, type ProratedLine } from './prorate-lines';

export interface RequestedRefund {
  /** What is to be paid out; what it is taken from is this and the deductions. */
  amountMinor: number;
  currency: string;
  reasonCode: string;
  description: string;
  channel: string;
  lines: { externalId: string; quantity: number }[] | null;
  evidenceIds: string[];
  resolution: string;
  /** customer · person · system */
  enteredBy?: string;
  expectedRefundableMinor: number | null;
  /** How to spread it over the payments; null leaves it to the policy. */
  allocation?: AllocationStrategy | null;
  deductions?: RequestedDeduction[];
  /** What is given beside it; judged by checkGoodwill. */
  goodwill?: RequestedGoodwill | null;
}

/** An order as acceptance finds it, under the locks of its payments. */
export interface OrderFacts {
  currency: string;
  placedAt: string;
  branch: string | null;
  jurisdiction: string | null;
  shippingMinor: number;
  /** What of the shipping other refunds of the order ask for or have paid. */
  shippingTakenMinor: number;
  lines: OrderLineFacts[];
  payments: OrderPaymentFacts[];
  /** Open refunds of the order, to recognise a duplicate by. */
  open: { refundId: string; amountMinor: number; reasonCode: string; lineExternalIds: string[] }[];
  /** What is known of its customer. */
  customer?: CustomerFacts;
  risk?: RiskFacts;
  /** Entries of lists in force that match the request. */
  listed?: MatchedEntry[];
  /** What other refunds of the order ask for or have paid, with what they give beside it. */
  openAndPaidMinor: number;
}

/** An entry with what explains it: by whom, and until when. */
export interface MatchedEntry extends ListedFact {
  reason: string;
  until: string;
  proposedBy: string;
  confirmedBy: string;
}

export interface OrderLineFacts extends LineToProrate {
  category: string | null;
  attributes: Record<string, unknown>;
}

export interface OrderPaymentFacts {
  id: string;
  externalId: string;
  provider: string;
  merchantAccount: string;
  currency: string;
  availableMinor: number;
  /** The currency of the books and the capture's rate to it, when the shop has stated them. */
  accounting: { currency: string; rate: string } | null;
}

/** Why a request is not accepted: nothing is kept of it. */
export type RequestRefusal =
  | { code: 'resolution_not_available'; resolution: string }
  | { code: 'contradictory_facts'; path: string; why: ContradictionKind; data: Record<string, string | number> }
  | { code: 'deduction_not_allowed'; problem: DeductionProblem }
  | GoodwillRefusal
  | { code: 'provider_not_configured'; provider: string; merchantAccount: string }
  | { code: 'reason_not_available'; allowed: string[] }
  | { code: 'description_too_short'; minLength: number }
  | { code: 'evidence_required' }
  | { code: 'evidence_not_found'; evidenceIds: string[] }
  | { code: 'refundable_changed'; refundableMinor: number }
  | { code: 'insufficient_refundable'; refundableMinor: number }
  | { code: 'duplicate_refund'; refundId: string };

export type ContradictionKind = 'currency' | 'unknown_line' | 'quantity' | 'amount_above_lines';

/** What the request takes of a named line, before deductions. */
export interface RequestedLine {
  lineId: string;
  quantity: number;
  amountMinor: number;
}

export type CheckedRequest =
  | { refused: RequestRefusal }
  | { refused: null; lines: RequestedLine[]; amounts: RefundAmounts; refundableMinor: number };

/**
 * Judges a request by the facts of its order. The order of the checks is the order of usefulness to the caller: what
 * contradicts the order, what this installation cannot do, what the policy wants to know, then the money.
 * @param knownEvidence the ids of those named that exist and are not used elsewhere.
 * @param isConfigured whether this installation can pay through a provider's account.
 * @param purchasePolicy in force at purchase: shipping and deductions go by it.
 */
export function checkRequest(
  request: RequestedRefund,
  order: OrderFacts,
  policy: PolicyDocument,
  knownEvidence: string[],
  isConfigured: (provider: string, merchantAccount: string) => boolean,
  now: string,
  purchasePolicy: PolicyDocument = policy,
): CheckedRequest {
  const refuse = (refused: RequestRefusal): CheckedRequest => ({ refused });
  if (request.resolution !== 'refund')
    return refuse({ code: 'resolution_not_available', resolution: request.resolution });
  if (request.currency !== order.currency)
    return refuse({
      code: 'contradictory_facts',
      path: 'currency',
      why: 'currency',
      data: { stated: request.currency, order: order.currency },
    });
  const wanted = request.deductions ?? [];
  const grossMinor = request.amountMinor + deductedMinor(wanted);
  const allowed = checkDeductions(wanted, grossMinor, order.jurisdiction, purchasePolicy);
  if (allowed.problem) return refuse({ code: 'deduction_not_allowed', problem: allowed.problem });
  const named = nameLines(request, allowed.deductions, grossMinor, order, purchasePolicy);
  if ('refused' in named) return refuse(named.refused);
  const unpayable = order.payments.find((payment) => !isConfigured(payment.provider, payment.merchantAccount));
  if (unpayable)
    return refuse({
      code: 'provider_not_configured',
      provider: unpayable.provider,
      merchantAccount: unpayable.merchantAccount,
    });
  const missing = request.evidenceIds.filter((id) => !knownEvidence.includes(id));
  if (missing.length > 0) return refuse({ code: 'evidence_not_found', evidenceIds: missing });
  const reasonProblem = checkReason(policy, policyFacts(request, order, now));
  switch (reasonProblem?.kind) {
    case 'unknown_reason':
      return refuse({ code: 'reason_not_available', allowed: reasonProblem.allowed });
    case 'description_too_short':
      return refuse({ code: 'description_too_short', minLength: reasonProblem.minLength });
    case 'evidence_required':
      return refuse({ code: 'evidence_required' });
    case undefined:
      break;
  }
  const duplicate = findDuplicate(request, order);
  if (duplicate) return refuse({ code: 'duplicate_refund', refundId: duplicate });
  const refundableMinor = sumMinor(order.payments.map((payment) => payment.availableMinor));
  if (request.expectedRefundableMinor !== null && request.expectedRefundableMinor !== refundableMinor)
    return refuse({ code: 'refundable_changed', refundableMinor });
  // Gross: what is kept back was paid as well, so it must still be there.
  if (grossMinor > refundableMinor) return refuse({ code: 'insufficient_refundable', refundableMinor });
  return { refused: null, ...named, refundableMinor };
}

/** The facts that the policy judges a request by. */
export function policyFacts(request: RequestedRefund, order: OrderFacts, now: string): PolicyFacts {
  const names = request.lines?.map((line) => line.externalId);
  return {
    // Who gives beside a small refund takes the stages of both together.
    orderTotalOpenAndPaidMinor: order.openAndPaidMinor + request.amountMinor + (request.goodwill?.amountMinor ?? 0),
    amountMinor: request.amountMinor,
    goodwillMinor: request.goodwill?.amountMinor ?? 0,
    currency: request.currency,
    channel: request.channel,
    branch: order.branch,
    jurisdiction: order.jurisdiction,
    reasonCode: request.reasonCode,
    descriptionLength: [...request.description].length,
    evidenceCount: request.evidenceIds.length,
    placedAt: order.placedAt,
    now,
    lines: order.lines.filter((line) => !names || names.includes(line.externalId)),
    payments: order.payments,
    ...(request.enteredBy === undefined ? {} : { enteredBy: request.enteredBy }),
    ...(order.customer ? { customer: order.customer } : {}),
    ...(order.listed ? { listed: order.listed } : {}),
    ...(order.risk ? { risk: order.risk } : {}),
  };
}

/** An open refund overlaps in lines or, where no lines are named, has the same amount and reason. */
function findDuplicate(request: RequestedRefund, order: OrderFacts): string | null {
  const names = request.lines?.map((line) => line.externalId) ?? [];
  const duplicate = order.open.find((other) =>
    names.length > 0 && other.lineExternalIds.length > 0
      ? other.lineExternalIds.some((name) => names.includes(name))
      : other.amountMinor === request.amountMinor && other.reasonCode === request.reasonCode,
  );
  return duplicate?.refundId ?? null;
}

function nameLines(
  request: RequestedRefund,
  deductions: Deduction[],
  grossMinor: number,
  order: OrderFacts,
  { amounts: { shipping: shippingRule } }: PolicyDocument,
): { lines: RequestedLine[]; amounts: RefundAmounts } | { refused: RequestRefusal } {
  const { amountMinor: totalMinor } = request;
  if (!request.lines)
    return {
      lines: [],
      amounts: {
        lines: [],
        shippingMinor: 0,
        unattributedMinor: grossMinor,
        deductions,
        totalMinor,
        shippingRule,
      },
    };
  const contradiction = (why: ContradictionKind, path: string, data: Record<string, string | number>) => ({
    refused: { code: 'contradictory_facts', path, why, data } as const,
  });
  const named: ProratedLine[] = [];
  for (const [i, wanted] of request.lines.entries()) {
    const line = order.lines.find((candidate) => candidate.externalId === wanted.externalId);
    if (!line) return contradiction('unknown_line', `lines.${i}.externalId`, { externalId: wanted.externalId });
    const openRefund = order.open.find((other) => other.lineExternalIds.includes(line.externalId));
    if (openRefund) return { refused: { code: 'duplicate_refund', refundId: openRefund.refundId } };
    const left = line.quantity - line.takenQuantity;
    if (wanted.quantity > left)
      return contradiction('quantity', `lines.${i}.quantity`, { externalId: line.externalId, left });
    named.push(prorateLine(line, wanted.quantity));
  }
  const linesMinor = sumMinor(named.map(lineMinor));
  const shippingMinor = prorateShipping(shippingRule, order, named);
  if (grossMinor > linesMinor + shippingMinor)
    return contradiction('amount_above_lines', 'amountMinor', { linesMinor, shippingMinor });
  const most = {
    lines: named.map(({ lineId: _lineId, ...line }) => line),
    shippingMinor,
    unattributedMinor: 0,
    deductions,
    totalMinor: linesMinor + shippingMinor - deductedMinor(deductions),
  };
  const amounts = { ...breakdownAt(most, totalMinor), shippingRule };
  return {
    lines: named.map(({ lineId, quantity }, i) => ({
      lineId,
      quantity,
      amountMinor: lineMinor(amounts.lines[i] ?? ZERO),
    })),
    amounts,
  };
}

const ZERO = { goodsMinor: 0, discountMinor: 0, taxMinor: 0 };
