/** An approval by a person, with the refund it was about, as the signals about staff are looked for. */
export interface ApprovalFact {
  refundId: string;
  customerId: string;
  personId: string;
  amountMinor: number;
  currency: string;
  /** ISO instants. */
  acceptedAt: string;
  decidedAt: string;
  /** When its stage opened; null where that is not known. */
  openedAt: string | null;
  /** Whether the payee's account was that of another member of staff. */
  payeeIsStaff: boolean;
}

/** Something in what people approved that somebody should look at. It proves nothing, and stops nothing. */
export interface StaffSignal {
  kind: 'pair' | 'quick_approvals' | 'split_below_threshold' | 'payee_is_staff';
  personId: string;
  /** Whose refunds they are; null where they are of several customers. */
  customerId: string | null;
  refundIds: string[];
  /** The numbers that it was seen in. */
  seen: Readonly<Record<string, number>>;
}

const PAIR_APPROVALS = 5;
const PAIR_PERCENT = 60;
const QUICK_SECONDS = 15;
const QUICK_APPROVALS = 3;
const SPLIT_WINDOW_MS = 7 * 86_400_000;

/**
 * Looks for: the same person approving most of a customer's refunds; approvals within seconds of the stage's opening, several by
 * one person; refunds of one customer within seven days, approved by one person, each not above the limit under which the fewest
 * decide and together above it; refunds to the account of a member of staff.
 * @param approvals in any order; each person's approval of a refund counts once
 * @param smallUpToMinor by currency: up to what amount the fewest people decide
 */
export function findStaffSignals(
  approvals: readonly ApprovalFact[],
  smallUpToMinor: Readonly<Record<string, number>>,
): StaffSignal[] {
  const facts = [...new Map(approvals.map((one) => [`${one.personId} ${one.refundId}`, one])).values()];
  return [...pairs(facts), ...quick(facts), ...split(facts, smallUpToMinor), ...toStaff(facts)];
}

function pairs(facts: readonly ApprovalFact[]): StaffSignal[] {
  const refundsOf = new Map(
    [...groups(facts, (one) => one.customerId)].map(([id, all]) => [id, new Set(all.map((one) => one.refundId)).size]),
  );
  return byPair(facts).flatMap((ofPair) => {
    const { personId, customerId } = ofPair[0];
    const all = refundsOf.get(customerId) ?? 0;
    const isMost = ofPair.length >= PAIR_APPROVALS && ofPair.length * 100 >= all * PAIR_PERCENT;
    const seen = { approvals: ofPair.length, refundsOfCustomer: all };
    return isMost ? [{ kind: 'pair' as const, personId, customerId, refundIds: idsOf(ofPair), seen }] : [];
  });
}

function quick(facts: readonly ApprovalFact[]): StaffSignal[] {
  const fast = facts.filter(
    ({ openedAt, decidedAt }) =>
      openedAt !== null && Date.parse(decidedAt) - Date.parse(openedAt) < QUICK_SECONDS * 1_000,
  );
  return [...groups(fast, (one) => one.personId)].flatMap(([personId, own]) =>
    own.length >= QUICK_APPROVALS
      ? [
          {
            kind: 'quick_approvals' as const,
            personId,
            customerId: null,
            refundIds: idsOf(own),
            seen: { approvals: own.length, withinSeconds: QUICK_SECONDS },
          },
        ]
      : [],
  );
}

function split(facts: readonly ApprovalFact[], smallUpToMinor: Readonly<Record<string, number>>): StaffSignal[] {
  const small = facts.filter(
    ({ currency, amountMinor }) =>
      Object.hasOwn(smallUpToMinor, currency) && amountMinor <= (smallUpToMinor[currency] ?? 0),
  );
  return [...groups(small, (one) => `${one.personId} ${one.customerId} ${one.currency}`).values()].flatMap((ofOne) => {
    const [{ personId, customerId, currency }] = ofOne;
    const limitMinor = smallUpToMinor[currency] ?? 0;
    const within = largestWithin(ofOne);
    const totalMinor = within.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    return within.length > 1 && totalMinor > limitMinor
      ? [
          {
            kind: 'split_below_threshold' as const,
            personId,
            customerId,
            refundIds: idsOf(within),
            seen: { refunds: within.length, totalMinor, limitMinor },
          },
        ]
      : [];
  });
}

const toStaff = (facts: readonly ApprovalFact[]): StaffSignal[] =>
  facts
    .filter(({ payeeIsStaff }) => payeeIsStaff)
    .map(({ personId, customerId, refundId, amountMinor }) => ({
      kind: 'payee_is_staff' as const,
      personId,
      customerId,
      refundIds: [refundId],
      seen: { amountMinor },
    }));

/** The refunds within the window of seven days that together are worth most. */
function largestWithin(facts: readonly ApprovalFact[]): ApprovalFact[] {
  const sorted = facts.toSorted((a, b) => Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt));
  let best: ApprovalFact[] = [];
  let bestMinor = -1;
  let from = 0;
  let sumMinor = 0;
  for (const [to, last] of sorted.entries()) {
    sumMinor += last.amountMinor;
    for (; Date.parse(last.acceptedAt) - Date.parse(sorted[from]?.acceptedAt ?? '') > SPLIT_WINDOW_MS; from += 1)
      sumMinor -= sorted[from]?.amountMinor ?? 0;
    if (sumMinor <= bestMinor) continue;
    bestMinor = sumMinor;
    best = sorted.slice(from, to + 1);
  }
  return best;
}

type Group = [ApprovalFact, ...ApprovalFact[]];

const byPair = (facts: readonly ApprovalFact[]): Group[] => [
  ...groups(facts, (one) => `${one.personId} ${one.customerId}`).values(),
];

function groups(facts: readonly ApprovalFact[], keyOf: (one: ApprovalFact) => string): Map<string, Group> {
  const found = new Map<string, Group>();
  for (const one of facts) {
    const group = found.get(keyOf(one));
    if (group) group.push(one);
    else found.set(keyOf(one), [one]);
  }
  return found;
}

const idsOf = (facts: readonly ApprovalFact[]): string[] => facts.map(({ refundId }) => refundId).toSorted();
