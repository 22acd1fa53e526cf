import { allocate, sumMinor } from '../money';
import { evaluatePolicy, type PolicyDocument } from '../policy';

export interface RequestedRefund {
  amountMinor: number;
  currency: string;
  reasonCode: string;
  description: string;
  lines: { externalId: string; quantity: number }[] | null;
  evidenceIds: string[];
  resolution: string;
  expectedRefundableMinor: number | null;
}

/** An order as acceptance finds it, under the locks of its payments. */
export interface OrderFacts {
  currency: string;
  placedAt: string;
  lines: OrderLineFacts[];
  payments: OrderPaymentFacts[];
  /** Open refunds of the order, to recognise a duplicate by. */
  open: { refundId: string; amountMinor: number; reasonCode: string; lineExternalIds: string[] }[];
  /** What other refunds of the order ask for or have paid. */
  openAndPaidMinor: number;
}

export interface OrderLineFacts {
  id: string;
  externalId: string;
  quantity: number;
  totalMinor: number;
  takenQuantity: number;
  takenMinor: number;
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
}

/** Why a request is not accepted: nothing is kept of it. */
export type RequestRefusal =
  | { code: 'resolution_not_available'; resolution: string }
  | { code: 'contradictory_facts'; path: string; why: ContradictionKind; data: Record<string, string | number> }
  | { code: 'provider_not_configured'; provider: string; merchantAccount: string }
  | { code: 'reason_not_available'; allowed: string[] }
  | { code: 'description_too_short'; minLength: number }
  | { code: 'evidence_required' }
  | { code: 'evidence_not_found'; evidenceIds: string[] }
  | { code: 'refundable_changed'; refundableMinor: number }
  | { code: 'insufficient_refundable'; refundableMinor: number }
  | { code: 'duplicate_refund'; refundId: string };

export type ContradictionKind = 'currency' | 'unknown_line' | 'quantity' | 'amount_above_lines';

/** What may be refunded of a named line, at most. */
export interface RequestedLine {
  lineId: string;
  quantity: number;
  amountMinor: number;
}

export type CheckedRequest =
  | { refused: RequestRefusal }
  | { refused: null; lines: RequestedLine[]; refundableMinor: number };

/**
 * Judges a request by the facts of its order. The order of the checks is the order of usefulness to the caller: what
 * contradicts the order, what this installation cannot do, what the policy wants to know, then the money.
 * @param knownEvidence the ids of those named that exist and are not used elsewhere.
 * @param isConfigured whether this installation can pay through a provider's account.
 */
export function checkRequest(
  request: RequestedRefund,
  order: OrderFacts,
  policy: PolicyDocument,
  knownEvidence: string[],
  isConfigured: (provider: string, merchantAccount: string) => boolean,
  now: string,
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
  const named = nameLines(request, order);
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
  const { reasonProblem } = evaluatePolicy(policy, policyFacts(request, order, now));
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
  if (request.amountMinor > refundableMinor) return refuse({ code: 'insufficient_refundable', refundableMinor });
  return { refused: null, lines: named.lines, refundableMinor };
}

/** The facts that the policy judges a request by. */
export function policyFacts(
  request: RequestedRefund,
  order: OrderFacts,
  now: string,
): Parameters<typeof evaluatePolicy>[1] {
  const names = request.lines?.map((line) => line.externalId);
  return {
    orderTotalOpenAndPaidMinor: order.openAndPaidMinor + request.amountMinor,
    currency: request.currency,
    reasonCode: request.reasonCode,
    descriptionLength: [...request.description].length,
    evidenceCount: request.evidenceIds.length,
    placedAt: order.placedAt,
    now,
    lines: order.lines.filter((line) => !names || names.includes(line.externalId)),
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
  order: OrderFacts,
): { lines: RequestedLine[] } | { refused: RequestRefusal } {
  if (!request.lines) return { lines: [] };
  const contradiction = (why: ContradictionKind, path: string, data: Record<string, string | number>) => ({
    refused: { code: 'contradictory_facts', path, why, data } as const,
  });
  const named: { line: OrderLineFacts; quantity: number; limitMinor: number }[] = [];
  for (const [i, wanted] of request.lines.entries()) {
    const line = order.lines.find((candidate) => candidate.externalId === wanted.externalId);
    if (!line) return contradiction('unknown_line', `lines.${i}.externalId`, { externalId: wanted.externalId });
    const openRefund = order.open.find((other) => other.lineExternalIds.includes(line.externalId));
    if (openRefund) return { refused: { code: 'duplicate_refund', refundId: openRefund.refundId } };
    const left = line.quantity - line.takenQuantity;
    if (wanted.quantity > left)
      return contradiction('quantity', `lines.${i}.quantity`, { externalId: line.externalId, left });
    const share = Math.floor((line.totalMinor * wanted.quantity) / line.quantity);
    const limitMinor =
      wanted.quantity === left ? line.totalMinor - line.takenMinor : Math.min(share, line.totalMinor - line.takenMinor);
    named.push({ line, quantity: wanted.quantity, limitMinor });
  }
  const limitMinor = sumMinor(named.map((one) => one.limitMinor));
  if (request.amountMinor > limitMinor)
    return contradiction('amount_above_lines', 'amountMinor', { linesMinor: limitMinor });
  const shares = allocate(
    request.amountMinor,
    named.map((one) => one.limitMinor),
  );
  return {
    lines: named.map((one, i) => ({ lineId: one.line.id, quantity: one.quantity, amountMinor: shares[i] ?? 0 })),
  };
}
