import { setImmediate as turn } from 'node:timers/promises';
import { chooseVersions, type PolicyDocument } from '../domain/policy';
import { Judge, keptOutcome, SimulationTally, type Outcome, type SimulationReport } from '../domain/simulation';
import {
  countPastRefunds,
  PolicyMissingError,
  readCalendar,
  readPastRefunds,
  type Database,
  type PastRefund,
  type PastRefundQuery,
} from '../store';
import { publishedVersions, type PublishedVersion } from './published-versions';

/** Refunds that are read, and held in memory, at a time. */
const BATCH_SIZE = 1_000;
const SLICE_MS = 10;

export interface Simulation {
  policy: PolicyDocument;
  past: PastRefundQuery;
  /** With what was decided at acceptance, or with what the policy in force now would decide. */
  against: 'decisions' | 'in_force';
  /** Whether the version itself says what may be refunded, or what was in force at purchase, as it would at first. */
  eligibilityBy: 'this_version' | 'version_at_purchase';
  /** Differences that are shown. */
  limit: number;
  nowIso: string;
}

export interface SimulationLimits {
  /** More refunds are refused before the first is judged. */
  maxCases: number;
  maxMs: number;
  /** How long judging goes on before other work gets its turn. */
  sliceMs?: number;
  /** Whoever asked has gone away. */
  signal?: AbortSignal;
}

export class TooManyCasesError extends Error {
  override name = 'TooManyCasesError';

  constructor(readonly cases: number) {
    super(`${cases} refunds are too many for one simulation.`);
  }
}

export class SimulationTimeError extends Error {
  override name = 'SimulationTimeError';
}

export interface SimulationResult {
  report: SimulationReport;
  /** What it was compared with; null: with the decisions. */
  comparedWith: { name: string; version: number } | null;
}

/**
 * Judges the refunds of a period again, by the functions that acceptance judges with, and counts what would be. Keeps
 * nothing: it reads in batches, outside any transaction, and lets other work have its turn.
 * @throws TooManyCasesError, SimulationTimeError, PolicyMissingError; UncertifiedYearError; AmountError when amounts add up to
 *   more than can be counted; the signal's reason
 */
export async function simulatePolicy(
  db: Database,
  simulation: Simulation,
  { maxCases, maxMs, sliceMs = SLICE_MS, signal }: SimulationLimits,
): Promise<SimulationResult> {
  const endsAtMs = performance.now() + maxMs;
  const { policy, past, limit } = simulation;
  const calendar = await readCalendar(db, past.mode, policy.calendarId);
  if (!calendar)
    throw new PolicyMissingError(`The calendar ${policy.calendarId} of ${policy.name}@${policy.version} is not there.`);
  const versions = await publishedVersions(db, past.mode);
  const inForce =
    simulation.against === 'in_force' ? chooseVersions(versions, simulation.nowIso, simulation.nowIso)?.current : null;
  if (inForce === undefined) throw new PolicyMissingError('No policy is in force.');
  const cases = await countPastRefunds(db, past);
  if (cases > maxCases) throw new TooManyCasesError(cases);

  const judge = new Judge(policy);
  const judgeBefore = inForce ? new Judge(inForce.document()) : null;
  const tally = new SimulationTally(calendar, limit);
  const addCase = (refund: PastRefund): void => {
    const { id, facts, approximated } = refund;
    const bought = simulation.eligibilityBy === 'version_at_purchase' ? purchasePolicy(versions, refund) : undefined;
    const before: Outcome = judgeBefore ? judgeBefore.judge(facts, bought) : keptOutcome(refund);
    tally.add({ refundId: id, facts, before, after: judge.judge(facts, bought), approximated });
  };
  let sliceEndsAtMs = performance.now() + sliceMs;
  for await (const refunds of readPastRefunds(db, past, BATCH_SIZE)) {
    for (const refund of refunds) {
      addCase(refund);
      if (performance.now() < sliceEndsAtMs) continue;
      await turn();
      signal?.throwIfAborted();
      if (performance.now() > endsAtMs) throw new SimulationTimeError(`It took more than ${maxMs} ms.`);
      sliceEndsAtMs = performance.now() + sliceMs;
    }
  }
  const comparedWith = inForce ? { name: inForce.name, version: inForce.version } : null;
  return { report: tally.report(past.fromIso, past.toIso), comparedWith };
}

function purchasePolicy(versions: readonly PublishedVersion[], { id, facts }: PastRefund): PolicyDocument {
  const chosen = chooseVersions(versions, facts.now, facts.placedAt);
  if (!chosen) throw new PolicyMissingError(`No policy was in force when ${id} was accepted.`);
  return chosen.atPurchase.document();
}
