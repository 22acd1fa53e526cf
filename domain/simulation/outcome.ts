import {
  evaluatePolicy,
  planFrom,
  type PolicyDocument,
  type PolicyFacts,
  type ReasonProblem,
  type Tier,
} from '../policy';
import type { Plan, PlanStage } from '../refund';
import type { RiskGrade } from '../risk';

/** A stage as somebody is asked: who, how many of them, by when. */
export interface AskedStage {
  stage: string;
  role: string;
  quorum: number;
  dueBusinessDays: number;
}

/**
 * `people` decide · the machine has `approved` or `declined` by a clause · `refused` at the door, so that there is no
 * refund.
 */
export const VERDICTS = ['people', 'approved', 'declined', 'refused'] as const;

export type Verdict =
  | { kind: 'people' }
  | { kind: 'approved' | 'declined'; clause: string }
  | { kind: 'refused'; why: ReasonProblem['kind'] };

export interface Outcome {
  verdict: Verdict;
  /** Null where nothing was accepted. */
  tier: string | null;
  /** Empty unless people decide. */
  stages: readonly AskedStage[];
}

/** What a refund keeps of its decision at acceptance. */
export interface KeptDecision {
  plan: Pick<Plan, 'tier' | 'stages' | 'approvedBy'>;
  declineClause: string | null;
}

export interface JudgedOutcome extends Outcome {
  /** Which special case of the policy says who decides; null: its thresholds do. */
  routeId: string | null;
  /** Rules that could not be answered. */
  unanswered: readonly string[];
  /** The risk by the policy's scale; null where nothing is known of it. */
  risk: { score: number; grade: RiskGrade } | null;
}

/** What has become of a request at acceptance: the plan and the clause that its refund keeps. */
export function keptOutcome({ plan, declineClause }: KeptDecision): Outcome {
  const { tier, stages, approvedBy } = plan;
  if (declineClause !== null) return { verdict: { kind: 'declined', clause: declineClause }, tier, stages: [] };
  if (approvedBy !== undefined) return { verdict: { kind: 'approved', clause: approvedBy }, tier, stages: [] };
  return { verdict: { kind: 'people' }, tier, stages: stages.map(askedStage) };
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
    const { automatic, eligible, reasonProblem, routeId, tier, stageIds, unanswered } = evaluation;
    const risk = evaluation.risk && { score: evaluation.risk.score, grade: evaluation.risk.grade };
    const judged = { stages: [], routeId, unanswered, risk };
    if (reasonProblem)
      return { ...judged, verdict: { kind: 'refused', why: reasonProblem.kind }, tier: null, routeId: null };
    if (eligible !== true) return { ...judged, verdict: { kind: 'declined', clause: eligible.clauseId }, tier };
    if (automatic) return { ...judged, verdict: { kind: 'approved', clause: automatic.clauseId }, tier };
    return { ...judged, verdict: { kind: 'people' }, tier, stages: this.#stagesOf(tier, stageIds) };
  }

  #stagesOf(tier: Tier, stageIds: string[]): readonly AskedStage[] {
    const key = JSON.stringify([tier, stageIds]);
    const known = this.#stages.get(key);
    if (known) return known;
    const stages = planFrom(this.policy, { tier, stageIds, automatic: null }, null).stages.map(askedStage);
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
export const CHANGES = ['outcome', 'clause', 'refusal', 'tier', 'stages'] as const;
export type Change = (typeof CHANGES)[number];

/** In what the second differs from the first; nothing for the same outcome. */
export function changesBetween(before: Outcome, after: Outcome): Change[] {
  const [was, is] = [before.verdict, after.verdict];
  const changes: Change[] = [];
  if (was.kind !== is.kind) changes.push('outcome');
  else if (was.kind === 'people') {
    if (!sameStages(before.stages, after.stages)) changes.push('stages');
  } else if (clauseOf(was) !== clauseOf(is)) changes.push('clause');
  else if (refusalOf(was) !== refusalOf(is)) changes.push('refusal');
  if (before.tier !== null && after.tier !== null && before.tier !== after.tier) changes.push('tier');
  return changes;
}

/** The clause by which the machine decided, or null. */
export const clauseOf = (verdict: Verdict): string | null => ('clause' in verdict ? verdict.clause : null);

/** Why a request would not be accepted, or null. */
export const refusalOf = (verdict: Verdict): string | null => (verdict.kind === 'refused' ? verdict.why : null);

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
