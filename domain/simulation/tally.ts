import type { BusinessCalendar } from '../calendar';
import { AmountError, sumMinor } from '../money';
import type { PolicyFacts } from '../policy';
import {
  changesBetween,
  CHANGES,
  type AskedStage,
  type Change,
  type JudgedOutcome,
  type Outcome,
  type Verdict,
} from './outcome';
import { StageLoad, type StageLoadReport } from './stage-load';

/** A past refund that was judged again. */
export interface SimulatedCase {
  refundId: string;
  facts: PolicyFacts;
  before: Outcome;
  after: JudgedOutcome;
  /** Facts that could not be told exactly. */
  approximated: readonly string[];
}

export interface CaseDifference {
  refundId: string;
  acceptedAt: string;
  amountMinor: number;
  currency: string;
  changes: Change[];
  before: Outcome;
  after: JudgedOutcome;
  approximated: readonly string[];
}

/** What a currency's requests asked for, goodwill beside them included. */
export interface ExposedMoney {
  currency: string;
  /** By the machine. */
  approvedMinor: number;
  /** By the machine. */
  declinedMinor: number;
  refusedMinor: number;
  /** What people decide, by tier. */
  peopleMinor: Record<string, number>;
}

export interface SimulationReport {
  cases: number;
  outcomes: Record<Verdict['kind'], number>;
  /** The part of what is accepted that no person decides; null where nothing is. */
  autoRate: number | null;
  /** By which the machine decides. */
  clauses: { outcome: string; clause: string; cases: number }[];
  refusals: { why: string; cases: number }[];
  /** Who would be asked, of what people decide. */
  tiers: { tier: string; cases: number }[];
  routes: { route: string | null; cases: number }[];
  stagePlans: { stages: readonly AskedStage[]; cases: number }[];
  roles: { role: string; cases: number }[];
  money: ExposedMoney[];
  /** Grades by the version's scale; `unknown` where nothing was kept to count. */
  risk: { grade: string; cases: number }[];
  /** Rules whose condition could not be answered: such a request goes to every stage. */
  unanswered: { rule: string; cases: number }[];
  load: StageLoadReport;
  differences: {
    total: number;
    byChange: Record<Change, number>;
    /** The first of them, as many as were asked for. */
    shown: CaseDifference[];
  };
  facts: { approximatedCases: number; approximated: { fact: string; cases: number }[] };
}

/** Counts what a policy would do, case by case. */
export class SimulationTally {
  readonly #limit: number;
  readonly #load: StageLoad;
  readonly #outcomes = { people: 0, approved: 0, declined: 0, refused: 0 };
  readonly #approvals = new Map<string, number>();
  readonly #declines = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  readonly #tiers = new Map<string, number>();
  readonly #routes = new Map<string | null, number>();
  readonly #roles = new Map<string, number>();
  readonly #risk = new Map<string, number>();
  readonly #unanswered = new Map<string, number>();
  readonly #approximated = new Map<string, number>();
  readonly #plans = new Map<string, { stages: readonly AskedStage[]; cases: number }>();
  readonly #money = new Map<string, ExposedMoney>();
  readonly #byChange = Object.fromEntries(CHANGES.map((change) => [change, 0])) as Record<Change, number>;
  readonly #shown: CaseDifference[] = [];
  #cases = 0;
  #differences = 0;
  #approximatedCases = 0;

  /**
   * @param calendar by which hours are counted
   * @param limit differences that are shown; all are counted
   */
  constructor(calendar: BusinessCalendar, limit: number) {
    this.#load = new StageLoad(calendar);
    this.#limit = limit;
  }

  /** @throws UncertifiedYearError; AmountError when amounts add up to more than can be counted */
  add(one: SimulatedCase): void {
    const { facts, after, approximated } = one;
    const { verdict } = after;
    this.#cases += 1;
    this.#outcomes[verdict.kind] += 1;
    if (verdict.kind === 'approved') count(this.#approvals, verdict.clause);
    if (verdict.kind === 'declined') count(this.#declines, verdict.clause);
    if (verdict.kind === 'refused') count(this.#refusals, verdict.why);
    if (verdict.kind === 'people') this.#addAsked(facts.now, after);
    this.#addMoney(facts, after);
    count(this.#risk, after.risk?.grade ?? 'unknown');
    for (const rule of after.unanswered) count(this.#unanswered, rule);
    if (approximated.length > 0) this.#approximatedCases += 1;
    for (const fact of approximated) count(this.#approximated, fact);
    this.#compare(one);
  }

  /** @throws UncertifiedYearError, RangeError for an empty period */
  report(fromIso: string, toIso: string): SimulationReport {
    const { people, approved, declined } = this.#outcomes;
    const accepted = people + approved + declined;
    return {
      cases: this.#cases,
      outcomes: { ...this.#outcomes },
      autoRate: accepted === 0 ? null : Math.round(((approved + declined) / accepted) * 10_000) / 10_000,
      clauses: [
        ...mostFirst(this.#approvals).map(([clause, cases]) => ({ outcome: 'approved', clause, cases })),
        ...mostFirst(this.#declines).map(([clause, cases]) => ({ outcome: 'declined', clause, cases })),
      ],
      refusals: mostFirst(this.#refusals).map(([why, cases]) => ({ why, cases })),
      tiers: mostFirst(this.#tiers).map(([tier, cases]) => ({ tier, cases })),
      routes: mostFirst(this.#routes).map(([route, cases]) => ({ route, cases })),
      stagePlans: [...this.#plans.values()].toSorted((a, b) => b.cases - a.cases),
      roles: mostFirst(this.#roles).map(([role, cases]) => ({ role, cases })),
      money: [...this.#money.values()].toSorted((a, b) => (a.currency < b.currency ? -1 : 1)),
      risk: mostFirst(this.#risk).map(([grade, cases]) => ({ grade, cases })),
      unanswered: mostFirst(this.#unanswered).map(([rule, cases]) => ({ rule, cases })),
      load: this.#load.report(fromIso, toIso),
      differences: { total: this.#differences, byChange: { ...this.#byChange }, shown: [...this.#shown] },
      facts: {
        approximatedCases: this.#approximatedCases,
        approximated: mostFirst(this.#approximated).map(([fact, cases]) => ({ fact, cases })),
      },
    };
  }

  #addAsked(acceptedAt: string, { tier, routeId, stages }: JudgedOutcome): void {
    if (tier !== null) count(this.#tiers, tier);
    count(this.#routes, routeId);
    for (const role of new Set(stages.map((stage) => stage.role))) count(this.#roles, role);
    const key = JSON.stringify(stages);
    const plan = this.#plans.get(key);
    if (plan) plan.cases += 1;
    else this.#plans.set(key, { stages, cases: 1 });
    this.#load.add(acceptedAt, stages);
  }

  #addMoney({ currency, amountMinor, goodwillMinor }: PolicyFacts, { verdict, tier }: JudgedOutcome): void {
    const none = { currency, approvedMinor: 0, declinedMinor: 0, refusedMinor: 0, peopleMinor: {} };
    const money: ExposedMoney = this.#money.get(currency) ?? none;
    this.#money.set(currency, money);
    const plus = (sum: number): number => safeSum(sum, sumMinor([amountMinor, goodwillMinor]));
    if (verdict.kind !== 'people') money[`${verdict.kind}Minor`] = plus(money[`${verdict.kind}Minor`]);
    else if (tier !== null) money.peopleMinor[tier] = plus(money.peopleMinor[tier] ?? 0);
  }

  #compare({ refundId, facts, before, after, approximated }: SimulatedCase): void {
    const changes = changesBetween(before, after);
    if (changes.length === 0) return;
    this.#differences += 1;
    for (const change of changes) this.#byChange[change] += 1;
    if (this.#shown.length >= this.#limit) return;
    const { now: acceptedAt, amountMinor, currency } = facts;
    this.#shown.push({ refundId, acceptedAt, amountMinor, currency, changes, before, after, approximated });
  }
}

/** Sums of many refunds go beyond what one amount may be. */
function safeSum(sum: number, amountMinor: number): number {
  const total = sum + amountMinor;
  if (Number.isSafeInteger(total)) return total;
  throw new AmountError('too_large', 'The amounts add up to more than can be counted.');
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const mostFirst = <K>(counts: Map<K, number>): [K, number][] => [...counts].toSorted((a, b) => b[1] - a[1]);
