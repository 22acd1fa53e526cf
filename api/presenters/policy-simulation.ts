import { TIERS, versionName } from '../../domain/policy';
import { clauseOf, refusalOf, type CaseDifference, type JudgedOutcome, type Outcome } from '../../domain/simulation';
import type { Simulation, SimulationResult } from '../simulate-policy';

/** What a version would have done with the refunds of a period. */
export function presentSimulation(
  policyId: string,
  { policy, past, against, eligibilityBy }: Simulation,
  { report, comparedWith }: SimulationResult,
): object {
  const { cases, outcomes, autoRate, clauses, tiers, routes, stagePlans, roles, unanswered, load } = report;
  return {
    policyId,
    policyVersion: versionName(policy),
    against,
    againstPolicyVersion: comparedWith && versionName(comparedWith),
    eligibilityBy,
    period: { from: past.fromIso, to: past.toIso },
    branch: past.branch,
    currency: past.currency,
    cases,
    outcomes,
    autoRate,
    clauses,
    refusals: report.refusals.map(({ why, cases: refused }) => ({ refusal: why, cases: refused })),
    tiers,
    routes,
    stagePlans,
    roles,
    money: report.money.map(({ peopleMinor, ...money }) => ({
      ...money,
      peopleMinor: Object.fromEntries(TIERS.map((tier) => [tier, peopleMinor[tier] ?? 0])),
    })),
    risk: report.risk,
    unanswered,
    load,
    differences: { ...report.differences, shown: report.differences.shown.map(presentDifference) },
    approximated: { cases: report.facts.approximatedCases, facts: report.facts.approximated },
  };
}

const presentDifference = ({ before, after, ...difference }: CaseDifference): object => ({
  ...difference,
  before: presentOutcome(before),
  after: presentJudged(after),
});

const presentOutcome = ({ verdict, tier, stages }: Outcome): object => ({
  outcome: verdict.kind,
  clause: clauseOf(verdict),
  refusal: refusalOf(verdict),
  tier,
  stages,
});

const presentJudged = (after: JudgedOutcome): object => ({
  ...presentOutcome(after),
  route: after.routeId,
  unanswered: after.unanswered,
  risk: after.risk,
});
