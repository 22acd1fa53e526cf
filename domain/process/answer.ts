import { allocate, sumMinor } from '../money';

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
  /** Set when the answer contradicts the request: it is refused, and nothing changes. */
  contradiction: AnswerContradiction | null;
}

export type AnswerContradiction = 'unknown_line' | 'quantity' | 'amount_above_lines' | 'amount_raised';

/**
 * Reads an answer. It can correct and take back, never ask for more: lines lose pieces, the amount falls. An amount
 * above what the remaining lines carry contradicts them, so whoever takes pieces back lowers the amount as well.
 */
export function readAnswer(
  request: { amountMinor: number; description: string; lines: NamedLine[] },
  body: AnswerBody,
): AnsweredRequest {
  const contradict = (contradiction: AnswerContradiction): AnsweredRequest => ({
    changed: false,
    amountMinor: null,
    lines: null,
    contradiction,
  });
  const amountMinor = body.amountMinor ?? request.amountMinor;
  if (amountMinor > request.amountMinor) return contradict('amount_raised');
  const named = body.lines ?? [];
  if (named.some((line) => !request.lines.some((known) => known.externalId === line.externalId)))
    return contradict('unknown_line');
  if (named.some((line) => line.quantity > (find(request.lines, line.externalId)?.quantity ?? 0)))
    return contradict('quantity');
  const lines = body.lines === undefined ? null : keep(request.lines, body.lines);
  const limitMinor = sumMinor((lines ?? []).map((line) => line.amountMinor));
  if (lines && amountMinor > limitMinor) return contradict('amount_above_lines');
  const fewer =
    lines !== null && lines.some((line) => line.quantity !== find(request.lines, line.externalId)?.quantity);
  const lowered = amountMinor < request.amountMinor;
  return {
    changed:
      lowered ||
      fewer ||
      (body.description !== undefined && body.description !== request.description) ||
      (body.evidenceIds ?? []).length > 0,
    amountMinor: lowered ? amountMinor : null,
    lines: lowered || fewer ? share(amountMinor, lines ?? request.lines) : null,
    contradiction: null,
  };
}

const find = <Line extends { externalId: string }>(lines: Line[], externalId: string): Line | undefined =>
  lines.find((line) => line.externalId === externalId);

/** Each line with what is left of it; what its remaining pieces carry of its amount is the most it can be worth. */
function keep(lines: NamedLine[], kept: { externalId: string; quantity: number }[]): NamedLine[] {
  return lines.map((line) => {
    const quantity = find(kept, line.externalId)?.quantity ?? 0;
    return { ...line, quantity, amountMinor: Math.floor((line.amountMinor * quantity) / line.quantity) };
  });
}

function share(amountMinor: number, lines: NamedLine[]): NamedLine[] {
  if (lines.length === 0) return [];
  const shares = allocate(
    amountMinor,
    lines.map((line) => line.amountMinor),
  );
  return lines.map((line, i) => ({ ...line, amountMinor: shares[i] ?? 0 }));
}
