import type { PaymentFailure, SightingFacts } from '../../../domain/payment';
import type { BankStatement } from './bank-files';
import { isRejection, isSettlement, type BankWord } from './inbox';
import { classOfReason, isDuplicateReason } from './reason-codes';

type Status = Extract<BankStatement, { kind: 'status' }>;
type Entry = Extract<BankStatement, { kind: 'entry' }>;

/** Accepted in some degree; the money has not moved for certain. */
const PENDING: ReadonlySet<string> = new Set(['RCVD', 'PDNG', 'ACTC', 'ACCP', 'ACFC', 'ACWC', 'ACSP', 'PART', 'PATC']);

/**
 * What everything that a bank said about a reference means for the money. The same statements in any order, any number of
 * times, mean the same. Bookings outweigh statuses; what contradicts itself is unknown.
 * @returns null when the bank has said nothing
 */
export function judgeStatements(
  word: BankWord,
  instructed: { amountMinor: number; currency: string },
): SightingFacts | null {
  const statuses = word.statements.filter((statement): statement is Status => statement.kind === 'status');
  const entries = word.statements.filter((statement): statement is Entry => statement.kind === 'entry');
  const amounts = word.statements.flatMap(({ amount }) => amount ?? []);
  if (amounts.some(({ currency }) => currency !== instructed.currency)) return contradictory('currency_differs');
  if (amounts.some(({ amountMinor }) => amountMinor === null)) return unclear('unreadable_amount');

  const rejections = statuses.filter(({ status }) => isRejection(status));
  const refused = rejections.filter(({ reasons }) => !reasons.some(isDuplicateReason));
  const settled = statuses.filter(({ status }) => isSettlement(status));
  const booked = unique(entries.filter(({ booked: isBooked }) => isBooked));
  if (booked.some(({ amount }) => amount === null)) return contradictory('unreadable_amount');
  if (booked.length > 0) return judgeBookings(booked, refused, instructed.amountMinor);
  if (settled.length > 0) {
    if (refused.length > 0) return contradictory('bank_contradicts');
    const amountMinor = settled.find(({ amount }) => amount !== null)?.amount?.amountMinor ?? null;
    return { outcome: 'succeeded', amountMinor, failure: null, traceNumber: null };
  }
  if (refused.length > 0) return { ...none, outcome: 'failed', failure: rejectionOf(refused) };
  if (word.mentionedUnreadably) return unclear('unreadable_file');
  const strange = statuses.find(({ status }) => !PENDING.has(status) && !isRejection(status));
  if (strange !== undefined) return unclear(`status_${strange.status}`.slice(0, 40));
  const accepted = statuses.some(({ status }) => PENDING.has(status)) || entries.length > 0;
  if (accepted) return { ...none, outcome: 'pending' };
  // Refused as a repetition of something that the bank has not told of: that something may be moving.
  if (rejections.length > 0) return unclear(rejections[0]?.reasons.find(isDuplicateReason) ?? 'duplicate');
  return null;
}

const none = { amountMinor: null, failure: null, traceNumber: null } as const;

function judgeBookings(booked: readonly Entry[], refused: readonly Status[], instructedMinor: number): SightingFacts {
  const debits = booked.filter(({ direction }) => direction === 'debit');
  const credits = booked.filter(({ direction }) => direction === 'credit');
  const traceNumber = debits.find(({ bankReference }) => bankReference !== null)?.bankReference ?? null;
  // A return may be reported before the debit it returns.
  const movedMinor = debits.length === 0 ? instructedMinor : sum(debits);
  const returnedMinor = sum(credits);
  if (credits.length > 0) {
    if (returnedMinor > movedMinor) return contradictory('bank_contradicts');
    if (returnedMinor < movedMinor) {
      // Taken again after it came back, or taken twice: that is no part that the bank has kept.
      if (movedMinor > instructedMinor) return { ...contradictory('bank_contradicts'), traceNumber };
      return { ...unclear('returned_in_part'), amountMinor: movedMinor - returnedMinor, traceNumber };
    }
    const reason = credits.find(({ returnReason }) => returnReason !== null)?.returnReason ?? null;
    const failure: PaymentFailure =
      reason === null
        ? { class: 'unknown', code: 'returned' }
        : { class: classOfReason(reason), code: `returned:${reason}` };
    // Taken more than once, and each time given back whole: none of it is with the payee, as if it had moved once.
    const isWhole = debits.every(({ amount }) => amount?.amountMinor === instructedMinor);
    return { outcome: 'failed', amountMinor: isWhole ? instructedMinor : movedMinor, failure, traceNumber };
  }
  if (refused.length > 0) return { ...contradictory('bank_contradicts'), traceNumber };
  // Two debits under one reference must never be; their sum is no amount that anybody takes for success.
  return { outcome: 'succeeded', amountMinor: movedMinor, failure: null, traceNumber };
}

/** Statements of one transaction, once, however often it was reported. */
function unique(entries: readonly Entry[]): Entry[] {
  const byKey = new Map<string, Entry>();
  for (const entry of entries) {
    const identity = entry.bankReference ?? [entry.amount?.amountMinor, entry.bookedOn];
    byKey.set(JSON.stringify([entry.direction, identity]), entry);
  }
  return [...byKey.values()];
}

function rejectionOf(refused: readonly Status[]): PaymentFailure {
  const reasons = refused.flatMap((status) => status.reasons);
  const code = reasons.find((reason) => classOfReason(reason) !== 'unknown') ?? reasons[0] ?? refused[0]?.status;
  return { class: classOfReason(code ?? ''), code: code ?? 'RJCT' };
}

function unclear(code: string): SightingFacts {
  return { ...none, outcome: 'unknown', failure: { class: 'interface_changed', code } };
}

/** What cannot be true beside what the bank has said, or beside what was instructed. */
const contradictory = (code: string): SightingFacts => ({ ...unclear(code), contradicts: true });

const sum = (entries: readonly Entry[]): number =>
  entries.reduce((total, { amount }) => total + (amount?.amountMinor ?? 0), 0);
