import {
  evaluatePolicy,
  planFrom,
  type PolicyDocument,
  type PolicyFacts,
  type ReasonProblem,
  type Tier,
} from '../policy';
import type { Plan, PlanStage } from '../refund';

/** A stage as somebody is asked: who, how many of them, by when. */
export interface AskedStage {
  stage: string;
  role: string;
  quorum: number;
  dueBusinessDays: number;
}

/** `people` decide · the machine has `declined` by a clause · `refused` at the door, so that there is no refund. */
export type Verdict =
  | { decidedBy: 'people' }
  | { decidedBy: 'machine'; clause: string }
  | { decidedBy: 'refused'; why: ReasonProblem['kind'] };

export interface Outcome {
  verdict: Verdict;
  /** Null where nothing was accepted. */
  tier: string | null;
  /** Empty unless people decide. */
  stages: readonly AskedStage[];
}

export interface JudgedOutcome extends Outcome {
  /** Which special case of the policy says who decides; null: its thresholds do. */
  routeId: string | null;
  /** Rules that could not be answered. */
  unanswered: readonly string[];
}

/** What has become of a request at acceptance: the plan and the clause that its refund keeps. */
export function keptOutcome(kept: { plan: Pick<Plan, 'tier' | 'stages'>; declineClause: string | null }): Outcome {
  const { tier } = kept.plan;
  return kept.declineClause === null
    ? { verdict: { decidedBy: 'people' }, tier, stages: kept.plan.stages.map(askedStage) }
    : { verdict: { decidedBy: 'machine', clause: kept.declineClause }, tier, stages: [] };
}

/**
 * Judges requests by a policy as acceptance does, by the same functions: the reason, then the clauses, then who decides.
 * Whether the money is there, deductions and goodwill are not the policy's facts and are not judged here.
 */
export class Judge {
  /** Plans differ by tier and stages alone, and making one copies its stages. */
  readonly #stages = new Map<string, readonly AskedStage[]>();

  constructor(readonly policy: PolicyDocument) {}

  /**
   * @param purchasePolicy says what may be refunded
   * @throws AmountError, RangeError for facts that are no facts
   */
  judge(facts: PolicyFacts, purchasePolicy: PolicyDocument = this.policy): JudgedOutcome {
    const evaluation = evaluatePolicy(this.policy, facts, purchasePolicy);
    const { eligible, reasonProblem, routeId, tier, unanswered } = evaluation;
    const accepted = { tier, routeId, unanswered };
    if (reasonProblem)
      return {
        verdict: { decidedBy: 'refused', why: reasonProblem.kind },
        tier: null,
        stages: [],
        routeId: null,
        unanswered,
      };
    if (eligible !== true)
      return { verdict: { decidedBy: 'machine', clause: eligible.clauseId }, stages: [], ...accepted };
    return { verdict: { decidedBy: 'people' }, stages: this.#stagesOf(tier, evaluation.stageIds), ...accepted };
  }

  #stagesOf(tier: Tier, stageIds: string[]): readonly AskedStage[] {
    const key = JSON.stringify([tier, stageIds]);
    const known = this.#stages.get(key);
    if (known) return known;
    const stages = planFrom(this.policy, { tier, stageIds }).stages.map(askedStage);
    this.#stages.set(key, stages);
    return stages;
  }
}

const askedStage = ({ id, role, quorum, clock }: PlanStage): AskedStage => ({
  stage: id,
  role,
  quorum,
  dueBusinessDays: clock.dueBusinessDays,
});

/** In what two outcomes of one request can differ. */
export const CHANGES = ['decided_by', 'clause', 'refusal', 'tier', 'stages'] as const;
export type Change = (typeof CHANGES)[number];

/** In what the second differs from the first; nothing for the same outcome. */
export function changesBetween(before: Outcome, after: Outcome): Change[] {
  const [was, is] = [before.verdict, after.verdict];
  const changes: Change[] = [];
  if (was.decidedBy !== is.decidedBy) changes.push('decided_by');
  if (was.decidedBy === 'machine' && is.decidedBy === 'machine' && was.clause !== is.clause) changes.push('clause');
  if (was.decidedBy === 'refused' && is.decidedBy === 'refused' && was.why !== is.why) changes.push('refusal');
  if (before.tier !== null && after.tier !== null && before.tier !== after.tier) changes.push('tier');
  const bothAsk = was.decidedBy === 'people' && is.decidedBy === 'people';
  if (bothAsk && !sameStages(before.stages, after.stages)) changes.push('stages');
  return changes;
}

const sameStages = (a: readonly AskedStage[], b: readonly AskedStage[]): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      return (
        one.stage === other?.stage &&
        one.role === other.role &&
        one.quorum === other.quorum &&
        one.dueBusinessDays === other.dueBusinessDays
      );
    }));
