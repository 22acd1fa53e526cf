import { proportionOf, sumMinor } from '../money';
import { breakdownAt, deductedMinor, lineAt, lineMinor, type BreakdownLine, type RefundAmounts } from '../refund';

/** A line that a refund names, as it stands. */
export interface NamedLine {
  lineId: string;
  externalId: string;
  quantity: number;
  amountMinor: number;
}

/** What the customer or an agent may put in place of the request's own words. */
export interface AnswerBody {
  description?: string;
  evidenceIds?: string[];
  amountMinor?: number;
  lines?: { externalId: string; quantity: number }[];
}

/** What an answer changed in the request. */
export interface AnsweredRequest {
  /** True when amount, lines, evidence or description differ from what was seen before. */
  changed: boolean;
  /** The lowered amount, or null when it stays. */
  amountMinor: number | null;
  /** All lines as they are from now on, or null when they stay; a line without pieces is no longer named. */
  lines: NamedLine[] | null;
  /** What the amount is made of from now on, or null when that stays. */
  amounts: RefundAmounts | null;
  /** Set when the answer contradicts the request: it is refused, and nothing changes. */
  contradiction: AnswerContradiction | null;
}

export type AnswerContradiction = 'unknown_line' | 'quantity' | 'amount_above_lines' | 'amount_raised';

/**
 * Reads an answer. It can correct and take back, never ask for more: lines lose pieces, the amount falls. An amount
 * above what the remaining lines carry, shipping included and deductions taken off, contradicts them, so whoever takes
 * pieces back lowers the amount as well.
 */
export function readAnswer(
  request: { amountMinor: number; description: string; lines: NamedLine[]; amounts: RefundAmounts | null },
  body: AnswerBody,
): AnsweredRequest {
  const contradict = (contradiction: AnswerContradiction): AnsweredRequest => ({
    changed: false,
    amountMinor: null,
    lines: null,
    amounts: null,
    contradiction,
  });
  const amountMinor = body.amountMinor ?? request.amountMinor;
  if (amountMinor > request.amountMinor) return contradict('amount_raised');
  const named = body.lines ?? [];
  if (named.some((line) => !request.lines.some((known) => known.externalId === line.externalId)))
    return contradict('unknown_line');
  if (named.some((line) => line.quantity > (find(request.lines, line.externalId)?.quantity ?? 0)))
    return contradict('quantity');
  const before = request.amounts ?? amountsOf(request);
  const kept = body.lines === undefined ? before : keep(before, body.lines);
  if (body.lines !== undefined && amountMinor > kept.totalMinor) return contradict('amount_above_lines');
  const fewer = kept.lines.some((line) => line.quantity !== find(before.lines, line.externalId)?.quantity);
  const lowered = amountMinor < request.amountMinor;
  const amounts = lowered || fewer ? { ...before, ...breakdownAt(kept, amountMinor) } : null;
  return {
    changed:
      lowered ||
      fewer ||
      (body.description !== undefined && body.description !== request.description) ||
      (body.evidenceIds ?? []).length > 0,
    amountMinor: lowered ? amountMinor : null,
    lines: amounts && request.lines.map((line) => asKept(line, amounts.lines)),
    amounts: amounts && { ...amounts, lines: amounts.lines.filter((line) => line.quantity > 0) },
    contradiction: null,
  };
}

/** A refund of the time before breakdowns were kept: its lines are goods and nothing else. */
const amountsOf = (request: { amountMinor: number; lines: NamedLine[] }): RefundAmounts => ({
  lines: request.lines.map(({ externalId, quantity, amountMinor }) => ({
    externalId,
    quantity,
    goodsMinor: amountMinor,
    discountMinor: 0,
    taxMinor: 0,
  })),
  shippingMinor: 0,
  unattributedMinor: request.lines.length === 0 ? request.amountMinor : 0,
  deductions: [],
  totalMinor: request.amountMinor,
  shippingRule: 'none',
});

const find = <Line extends { externalId: string }>(lines: Line[], externalId: string): Line | undefined =>
  lines.find((line) => line.externalId === externalId);

function asKept(line: NamedLine, kept: BreakdownLine[]): NamedLine {
  const now = find(kept, line.externalId);
  return { ...line, quantity: now?.quantity ?? 0, amountMinor: now ? lineMinor(now) : 0 };
}

/**
 * The most that is left when lines lose pieces: each gives what its remaining pieces carry of its amount, and shipping
 * that belonged to a complete return is no longer due.
 */
function keep(amounts: RefundAmounts, wanted: { externalId: string; quantity: number }[]): RefundAmounts {
  const lines = amounts.lines.map((line) => {
    const quantity = find(wanted, line.externalId)?.quantity ?? 0;
    return { ...lineAt(line, proportionOf(lineMinor(line), quantity, line.quantity)), quantity };
  });
  const beforeMinor = sumMinor(amounts.lines.map(lineMinor));
  const linesMinor = sumMinor(lines.map(lineMinor));
  const shippingMinor =
    linesMinor === beforeMinor
      ? amounts.shippingMinor
      : amounts.shippingRule === 'proportional'
        ? proportionOf(amounts.shippingMinor, linesMinor, beforeMinor)
        : 0;
  return {
    ...amounts,
    lines,
    shippingMinor,
    totalMinor: Math.max(0, linesMinor + shippingMinor - deductedMinor(amounts.deductions)),
  };
}
