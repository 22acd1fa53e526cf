import type { WorkflowHandle } from '@temporalio/client';
import type { ProcessState } from '../../domain/refund';
import { findViolations } from '../support/oracle';
import type { StaffName } from '../support/shop';
import { approve, type World } from '../support/world';
import { spareWorker, type SpareWorker } from '../support/worker-child';

export interface ChaosOptions {
  world: World;
  /** One integer repeats the order of what is done and the faults; the engine's own timing stays its own. */
  seed: number;
  refunds: number;
  /** How many times the worker is killed. */
  points: number;
  say: (line: string) => void;
}

export interface ChaosReport {
  seed: number;
  kills: number;
  paid: number;
  declined: number;
  withdrawn: number;
  seconds: number;
  violations: string[];
}

const DECIDERS: Record<string, StaffName> = {
  first_review: 'reviewer',
  second_review: 'reviewer2',
  final_approval: 'approver2',
};

/** What the provider does to a refund's first instruction; most go well. */
const FAULTS = [
  null,
  null,
  null,
  { behaviour: 'slow', delayMs: 700 },
  { behaviour: 'slow-before-commit', delayMs: 700 },
  { behaviour: 'drop-after-commit', count: 2 },
  { behaviour: '5xx-after-commit' },
  { behaviour: 'pending-ok', delayMs: 200 },
] as const;

const AMOUNTS_MINOR = [10_000, 129_900, 800_000] as const;
const SETTLE_MS = 90_000;
/** How long a person waits for an answer before asking again. */
const PATIENCE_MS = 15_000;

/** Where a refund of this suite comes to rest. */
const ENDS: readonly ProcessState['status'][] = ['paid', 'declined', 'withdrawn'];

/**
 * Refunds are decided, taken back and paid while their worker is killed by SIGKILL at random points, another one taking
 * over each time. In the end every refund has come to its end, and the invariants hold. The oracle is the judge: this only
 * makes trouble.
 */
export async function killWorkers({ world, seed, refunds, points, say }: ChaosOptions): Promise<ChaosReport> {
  const startedAt = Date.now();
  const random = mulberry32(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  let spare: SpareWorker = spareWorker();
  let worker = await world.startChildWorker({}, spare);
  spare = spareWorker();

  const plans = Array.from({ length: refunds }, () => ({
    amountMinor: pick(AMOUNTS_MINOR),
    fault: pick(FAULTS),
    ends: pick(['approve', 'approve', 'approve', 'approve', 'approve', 'decline', 'withdraw'] as const),
    pauseMs: Math.floor(random() * 400),
  }));
  const killAfterMs = Array.from({ length: points }, () => 150 + Math.floor(random() * 1_200));

  const lives = plans.map(async (plan, i) => {
    // Spread over the kills, so that each of them strikes refunds at every step.
    await pause((i * sumOf(killAfterMs)) / Math.max(1, refunds) / 1.2);
    const handle = await world.start(plan.amountMinor);
    const { legs } = await stored(world, handle);
    if (plan.fault)
      await world.fault({ operation: 'refund.create', count: 1, ...plan.fault, reference: legs[0]?.reference });
    await drive(world, handle, plan);
    return handle;
  });
  const started = Promise.all(lives);
  // Awaited below; until then a failure must not end the process.
  started.catch(() => undefined);

  for (const [i, afterMs] of killAfterMs.entries()) {
    await pause(afterMs);
    await worker.kill();
    worker = await world.startChildWorker({}, spare);
    spare = spareWorker();
    if ((i + 1) % 10 === 0) say(`killed ${i + 1} of ${points} workers`);
  }
  await spare.kill();

  const handles = await started;
  const states = await Promise.all(handles.map((handle) => settled(world, handle)));
  const count = (status: ProcessState['status']): number => states.filter((state) => state.status === status).length;
  const report = {
    seed,
    kills: points,
    paid: count('paid'),
    declined: count('declined'),
    withdrawn: count('withdrawn'),
    seconds: Math.round((Date.now() - startedAt) / 1000),
  };
  const { db, temporal } = world;
  const violations = await findViolations({ db, ledger: await world.ledger(), client: temporal.client });
  const lost = states.filter((state) => !ENDS.includes(state.status));
  return {
    ...report,
    violations: [...lost.map((state) => `did not come to its end: ${JSON.stringify(state)}`), ...violations],
  };
}

/** People act on what they see, stage after stage, and look again when they were refused. */
async function drive(
  world: World,
  handle: WorkflowHandle,
  plan: { ends: 'approve' | 'decline' | 'withdraw'; pauseMs: number },
): Promise<void> {
  for (;;) {
    await pause(plan.pauseMs);
    const state = await stored(world, handle);
    if (state.status !== 'in_review' || !state.stage) return;
    const who = DECIDERS[state.stage.id];
    if (!who) throw new Error(`Nobody decides ${state.stage.id}.`);
    const content = approve(state.stage.id);
    const act = (): Promise<unknown> => {
      if (plan.ends === 'withdraw') return world.withdraw(handle);
      return world.decide(handle, who, plan.ends === 'decline' ? { ...content, decision: 'decline' } : content);
    };
    const { seq } = state;
    // A caller whose worker died is answered by the next one, sees that it counted, or repeats, as 503 tells every caller
    // to. A refusal is no end: who was refused looks again, and the oracle judges what came of it.
    const counted = world.until(handle, (now) => now.seq > seq, PATIENCE_MS).catch(() => undefined);
    await Promise.race([act().catch(() => undefined), counted]);
  }
}

async function settled(world: World, handle: WorkflowHandle): Promise<ProcessState> {
  return world.until(handle, ({ status }) => ENDS.includes(status), SETTLE_MS).catch(() => stored(world, handle));
}

const stored = (world: World, handle: WorkflowHandle): Promise<ProcessState> => world.until(handle, () => true);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const sumOf = (numbers: number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** A small generator of repeatable numbers in [0, 1) (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
