/** How the holder of an account compares with the customer: `unknown` where names cannot be compared. */
export const HOLDER_VS_CUSTOMER = ['same', 'close', 'different', 'unknown'] as const;

export type HolderVsCustomer = (typeof HOLDER_VS_CUSTOMER)[number];

/** Letters that no decomposition makes plain. */
const PLAIN: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', þ: 'th', ı: 'i' };

/** Below this length one other letter makes another name. */
const FEWEST_LETTERS_FOR_A_SLIP = 5;

/**
 * Compares two names as people write them: width, case, accents, blanks, marks and the order of words do not count.
 * `close`: words are left out or shortened to initials, or one letter differs in a Latin name. One other Chinese character is
 * another person. A Chinese name and one in Latin letters cannot be compared.
 */
export function holderVsCustomer(holderName: string, customerName: string): HolderVsCustomer {
  const holder = wordsOf(holderName);
  const customer = wordsOf(customerName);
  if (holder.length === 0 || customer.length === 0) return 'unknown';
  const scripts = [holder, customer].map((words) => /\p{Script=Han}/u.test(words.join('')));
  if (scripts[0] !== scripts[1]) return 'unknown';
  if (scripts[0]) return holder.join('') === customer.join('') ? 'same' : 'different';
  const [one, other] = [holder.toSorted().join(' '), customer.toSorted().join(' ')];
  if (one === other || holder.join('') === customer.join('')) return 'same';
  return leavesOut(holder, customer) || leavesOut(customer, holder) || isOneSlip(one, other) ? 'close' : 'different';
}

function wordsOf(name: string): string[] {
  const plain = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[ßæœøłđþı]/g, (letter) => PLAIN[letter] ?? letter)
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/['’`]/g, '');
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** Whether each word of the shorter name, two at least, is one of the longer name's or its initial, and one is whole. */
function leavesOut(shorter: string[], longer: string[]): boolean {
  if (shorter.length < 2 || shorter.length > longer.length) return false;
  const left = [...longer];
  for (const word of shorter.toSorted((a, b) => b.length - a.length)) {
    const at = left.findIndex((whole) => whole === word || (word.length === 1 && whole.startsWith(word)));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return shorter.some((word) => word.length > 1 && longer.includes(word));
}

/** One letter more, less or other. */
function isOneSlip(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (short.length < FEWEST_LETTERS_FOR_A_SLIP || long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  return short.slice(short.length === long.length ? at + 1 : at) === long.slice(at + 1);
}
