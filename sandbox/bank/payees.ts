import type { Table } from '../journal';

/** Codes of the EPC's Verification of Payee scheme. */
export const MATCH_CODES = ['MTCH', 'CMTC', 'NMTC', 'NOAP'] as const;
export type MatchCode = (typeof MATCH_CODES)[number];

export const isMatchCode = (text: string | undefined): text is MatchCode => MATCH_CODES.some((code) => code === text);

/** A question as it was posted: who is said to hold which account. */
export interface PayeeQuestion {
  readonly name: string;
  /** An IBAN, or another identification. */
  readonly account: string;
}

/** Spellings that differ in no more letters than this are close. */
const CLOSE_DISTANCE = 2;

/** Reads a question; undefined when it names nobody or no account. */
export function readQuestion(body: unknown): PayeeQuestion | undefined {
  const name = textAt(body, 'party', 'name');
  const account = textAt(body, 'partyAccount', 'iban') ?? textAt(body, 'partyAccount', 'other', 'identification');
  return name === undefined || account === undefined ? undefined : { name, account };
}

/** What the bank says. An account that nobody has told it about is whose it is said to be. */
export function answerTo(
  { name, account }: PayeeQuestion,
  holders: Table<string>,
): { partyNameMatch: MatchCode; matchedName?: string } {
  const holder = holders.get(account);
  if (holder === undefined) return { partyNameMatch: 'MTCH' };
  const [asked, known] = [fold(name), fold(holder)];
  if (asked === known) return { partyNameMatch: 'MTCH' };
  const isClose =
    asked.split(' ').toSorted().join(' ') === known.split(' ').toSorted().join(' ') ||
    distance(asked, known) <= CLOSE_DISTANCE;
  return isClose ? { partyNameMatch: 'CMTC', matchedName: holder } : { partyNameMatch: 'NMTC' };
}

const fold = (name: string): string => name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();

/** Letters to be put in, taken out or exchanged to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const exchanged = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, exchanged));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function textAt(value: unknown, ...path: string[]): string | undefined {
  let found: unknown = value;
  for (const name of path)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  return typeof found === 'string' && found.trim() !== '' ? found : undefined;
}
