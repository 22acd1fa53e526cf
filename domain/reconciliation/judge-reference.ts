import { areFarApart, booksMustKnow, isCoveredSince, providerMustKnow, type Coverage } from './coverage';
import { difference, type Difference } from './difference';
import type { BookLine, SettlementLine, SettlementStatus } from './facts';

/** What all lines of one refund say together. */
export interface ProviderWord {
  /** Null: the provider's record has no line. */
  status: SettlementStatus | null;
  /** How many times money moved and did not come back. */
  moved: number;
  /** When the last of it happened; empty without a line. */
  at: string;
}

/** Reads all lines of one refund together: a return takes back one success. */
export function providerWordOf(lines: readonly SettlementLine[]): ProviderWord {
  const count = (status: SettlementStatus): number => lines.filter((line) => line.status === status).length;
  const moved = Math.max(0, count('succeeded') - count('returned'));
  const at = lines.reduce((last, line) => (line.at > last ? line.at : last), '');
  const status: SettlementStatus | null =
    lines.length === 0
      ? null
      : moved > 0
        ? 'succeeded'
        : count('returned') > 0
          ? 'returned'
          : count('pending') > 0
            ? 'pending'
            : 'failed';
  return { status, moved, at };
}

/** What may be passed by, because another difference says it already. */
export interface Told {
  /** The leg was paid twice: that one of its attempts is not what the books say follows from it. */
  paidTwice: boolean;
}

/** Compares one attempt of our books with the provider's lines about it. */
export function judgeReference(
  book: BookLine,
  lines: readonly SettlementLine[],
  coverage: Coverage,
  told: Told,
): Difference[] {
  const word = providerWordOf(lines);
  if (word.status === null) return isMissing(book, coverage) ? [missingAtProvider(book)] : [];
  const found: Difference[] = [];
  if (word.moved > 1) found.push(duplicateAtProvider(book, lines, word));
  if (!told.paidTwice && statusDiffers(book, word, coverage)) found.push(statusDifference(book, word));
  const moving = lines.filter((line) => line.status !== 'failed');
  const foreign = moving.find((line) => line.currency !== book.currency);
  if (foreign !== undefined) found.push(currencyDifference(book, foreign));
  const unequal = smallestKey(
    moving.filter((line) => line.currency === book.currency && line.amountMinor !== book.amountMinor),
  );
  if (unequal !== undefined) found.push(amountDifference(book, unequal));
  const strayed = smallestKey(
    moving.filter(({ providerPaymentIds: ids }) => ids.length > 0 && !ids.includes(book.providerPaymentId)),
  );
  if (strayed !== undefined) found.push(wrongPayment(book, strayed));
  const distant = smallestKey(
    lines.filter(
      (line) =>
        line.status === 'succeeded' && book.status === 'succeeded' && areFarApart(coverage, line.at, book.changedAt),
    ),
  );
  if (distant !== undefined) found.push(timeDifference(book, distant));
  return found;
}

/** Lines come in any order: the one that is named does not depend on it. */
function smallestKey(lines: readonly SettlementLine[]): SettlementLine | undefined {
  return lines.reduce<SettlementLine | undefined>(
    (first, line) => (first === undefined || line.key < first.key ? line : first),
    undefined,
  );
}

function isMissing(book: BookLine, coverage: Coverage): boolean {
  const saysMoved = book.status === 'succeeded' || book.status === 'returned';
  return (
    saysMoved &&
    isCoveredSince(coverage, book.instructedAt ?? book.changedAt) &&
    providerMustKnow(coverage, book.changedAt)
  );
}

/** What both sides say, against the time that each may need to learn it. */
function statusDiffers(book: BookLine, word: ProviderWord, coverage: Coverage): boolean {
  const providerIsDue = providerMustKnow(coverage, book.changedAt);
  switch (book.status) {
    case 'succeeded':
      if (word.status === 'succeeded') return false;
      return word.status === 'pending' ? providerIsDue : booksMustKnow(coverage, word.at);
    case 'failed':
    case 'returned':
      if (word.status === 'failed' || word.status === 'returned') return false;
      return providerIsDue;
    case 'reserved':
    case 'instructed':
    case 'pending':
    case 'unknown':
      return word.status !== 'pending' && booksMustKnow(coverage, word.at);
  }
}

const subjectOf = ({ reference, providerRefundId, refundId, paymentId, legId }: BookLine): Difference['subject'] => ({
  reference,
  providerRefundId,
  refundId,
  paymentId,
  legId,
});

const ours = (book: BookLine): Difference['data'] => ({
  attempt: book.attempt,
  booksStatus: book.status,
  amountMinor: book.amountMinor,
  currency: book.currency,
});

const missingAtProvider = (book: BookLine): Difference =>
  difference('missing_at_provider', [book.reference], subjectOf(book), { ...ours(book), booksAt: book.changedAt });

const duplicateAtProvider = (book: BookLine, lines: readonly SettlementLine[], word: ProviderWord): Difference =>
  difference('duplicate_at_provider', [book.reference], subjectOf(book), {
    ...ours(book),
    moved: word.moved,
    // One id: a line that was written twice. Several: money that moved twice.
    providerRefunds: new Set(lines.map((line) => line.providerRefundId)).size,
  });

const statusDifference = (book: BookLine, word: ProviderWord): Difference =>
  difference('status_differs', [book.reference, book.status, word.status ?? ''], subjectOf(book), {
    ...ours(book),
    providerStatus: word.status,
    providerAt: word.at,
  });

const amountDifference = (book: BookLine, line: SettlementLine): Difference =>
  difference('amount_differs', [book.reference, line.amountMinor], subjectOf(book), {
    ...ours(book),
    providerAmountMinor: line.amountMinor,
  });

const currencyDifference = (book: BookLine, line: SettlementLine): Difference =>
  difference('currency_differs', [book.reference, line.currency], subjectOf(book), {
    ...ours(book),
    providerAmountMinor: line.amountMinor,
    providerCurrency: line.currency,
  });

const wrongPayment = (book: BookLine, line: SettlementLine): Difference =>
  difference('wrong_payment', [book.reference, ...line.providerPaymentIds.toSorted()], subjectOf(book), {
    ...ours(book),
    providerPaymentId: book.providerPaymentId,
    providerShowsPayment: line.providerPaymentIds.toSorted()[0] ?? null,
  });

const timeDifference = (book: BookLine, line: SettlementLine): Difference =>
  difference('time_differs_by_day', [book.reference, line.at.slice(0, 10)], subjectOf(book), {
    ...ours(book),
    booksAt: book.changedAt,
    providerAt: line.at,
  });
