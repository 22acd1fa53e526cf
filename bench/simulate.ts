import { monitorEventLoopDelay } from 'node:perf_hooks';
import { simulatePolicy, type Simulation } from '../api/simulate-policy';
import { startThrowAwayPostgres } from '../devstack/postgres';
import { cnShanghaiCalendar } from '../domain/calendar';
import { evaluatePolicy, parsePolicy, planFrom, type PolicyDocument, type PolicyFacts } from '../domain/policy';
import defaultPolicy from '../prisma/seed/default-policy.json';
import { applyMigrations, newId, openDatabase, publishPolicy, putCalendar, type Database } from '../store';
import { seedManyRefunds, spreadManyRefunds } from '../test/support/many-refunds';
import { percentile, timed } from './measure';

const FROM = '2026-10-01T00:00:00.000Z';
const TO = '2026-11-10T00:00:00.000Z';
const NOW = new Date('2026-11-11T05:00:00.000Z');
const EVALUATIONS = 5_000;

/** Seconds of one simulation, and milliseconds of one evaluation, with a policy of so many rules of which none holds. */
export interface SimulateReport {
  rows: number;
  rules: number;
  evaluationP50Ms: number;
  evaluationP99Ms: number;
  /** Of the processor, on average: what a busy machine leaves alone. */
  evaluationCpuMs: number;
  seconds: number;
  /** Of this process. */
  cpuSeconds: number;
  differences: number;
  /** The longest that other work in the process had to wait. */
  longestTurnMs: number;
  peakRssMb: number;
}

/** Measures the simulation of so many past refunds in a PostgreSQL of its own. */
export async function measureSimulation(
  rows: number,
  rules: number,
  say: (line: string) => void,
): Promise<SimulateReport> {
  const draft = policyOf(2, 9_999, rules);
  const postgres = await startThrowAwayPostgres();
  const db = openDatabase({
    databaseUrl: postgres.url,
    maxConnections: 5,
    connectTimeoutMs: 5_000,
    applicationName: 'bench',
  });
  try {
    say(`Writing ${rows} refunds …`);
    await applyMigrations(postgres.url);
    const customerId = await prepare(db);
    await db.$transaction(
      async (tx) => {
        await seedManyRefunds(tx, { count: rows, at: FROM, provider: 'stripe', customerId });
        await spreadManyRefunds(tx, { fromIso: FROM, toIso: TO, facts: FACTS, plan: planFrom(IN_FORCE, SMALL, 'CNY') });
      },
      { timeout: 600_000 },
    );
    await db.$executeRaw`ANALYZE`;
    say('Evaluating …');
    const evaluations = measureEvaluations(draft);
    say('Simulating …');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const cpuBefore = cpuMs();
    const { value, ms } = await timed(() => simulatePolicy(db, simulationOf(draft), LIMITS));
    const cpuSeconds = (cpuMs() - cpuBefore) / 1_000;
    delay.disable();
    return {
      rows: value.report.cases,
      rules,
      ...evaluations,
      seconds: ms / 1_000,
      cpuSeconds,
      differences: value.report.differences.total,
      longestTurnMs: delay.max / 1_000_000,
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    };
  } finally {
    await db.$disconnect();
    await postgres.stop();
  }
}

const LIMITS = { maxCases: 200_000, maxMs: 600_000 };
const SMALL = { tier: 'small' as const, stageIds: ['first_review'], automatic: null };

/** All of them are asked about each refund, because none holds: the dearest there is. */
function policyOf(version: number, upToMinor: number, rules: number): PolicyDocument {
  const [small, ...larger] = defaultPolicy.thresholds.CNY;
  return parsePolicy({
    ...defaultPolicy,
    version,
    thresholds: { CNY: [{ ...small, upToMinor }, ...larger] },
    routes: Array.from({ length: rules }, (_, i) => ({
      id: `rule-${i}`,
      label: { en: `Rule ${i}`, 'zh-CN': `规则${i}` },
      when: `refund.amountMinor > ${1_000_000_000 + version * 1_000 + i} || (order.ageDays > 4000 && lines.exists(line, line.category == "none-${i}"))`,
      tier: 'large',
      stageIds: ['final_approval'],
    })),
  });
}

/** Judged the refunds: it has no rules, because a plan does not show them. */
const IN_FORCE = policyOf(1, 19_999, 0);

const FACTS: PolicyFacts = {
  orderTotalOpenAndPaidMinor: 15_000,
  amountMinor: 15_000,
  goodwillMinor: 0,
  currency: 'CNY',
  channel: 'online',
  branch: 'shanghai-1',
  jurisdiction: 'CN',
  reasonCode: 'quality',
  descriptionLength: 20,
  evidenceCount: 1,
  placedAt: '2026-09-20T08:00:00.000Z',
  now: FROM,
  lines: ['sofa', 'table', 'lamp'].map((category) => ({ category, attributes: { customMade: false, grams: 4_000 } })),
  payments: [{ provider: 'stripe', currency: 'CNY' }],
  customerIsStaff: false,
};

const simulationOf = (policy: PolicyDocument): Simulation => ({
  policy,
  past: { mode: 'test', fromIso: FROM, toIso: TO, branch: null, currency: null },
  against: 'decisions',
  eligibilityBy: 'this_version',
  limit: 50,
  nowIso: NOW.toISOString(),
});

/** The first of all is left out: it compiles the conditions, once for the life of the process. */
function measureEvaluations(
  policy: PolicyDocument,
): Pick<SimulateReport, 'evaluationP50Ms' | 'evaluationP99Ms' | 'evaluationCpuMs'> {
  const evaluate = (amountMinor: number): object =>
    planFrom(policy, evaluatePolicy(policy, { ...FACTS, amountMinor }), 'CNY');
  evaluate(0);
  const ms: number[] = [];
  const cpuBefore = cpuMs();
  for (let i = 0; i < EVALUATIONS; i += 1) {
    const began = performance.now();
    evaluate(i);
    ms.push(performance.now() - began);
  }
  return {
    evaluationP50Ms: percentile(ms, 0.5),
    evaluationP99Ms: percentile(ms, 0.99),
    evaluationCpuMs: (cpuMs() - cpuBefore) / EVALUATIONS,
  };
}

/** Of the processor, for this process since it began. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function prepare(db: Database): Promise<string> {
  await putCalendar(db, 'test', { ...cnShanghaiCalendar, holidaySource: 'none', certifiedYears: [2026] }, NOW);
  const { name, version } = IN_FORCE;
  const published = { name, version, effectiveFrom: IN_FORCE.effectiveFrom, document: IN_FORCE };
  await publishPolicy(db, 'test', published, NOW);
  const id = newId('cu');
  await db.customer.create({
    data: { id, mode: 'test', externalId: 'C-1', name: 'Customer', createdAt: NOW, updatedAt: NOW },
  });
  return id;
}

/** For people. */
export function printSimulateReport(report: SimulateReport): void {
  const { rows, rules, seconds, cpuSeconds, differences, evaluationP50Ms, evaluationP99Ms, evaluationCpuMs } = report;
  process.stdout.write(
    `${rows} refunds simulated with ${rules} rules in ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU in this process; ${differences} differences; an evaluation takes ${evaluationP50Ms.toFixed(2)} ms (p50), ${evaluationP99Ms.toFixed(2)} ms (p99), ${evaluationCpuMs.toFixed(2)} ms of CPU; nobody waited longer than ${report.longestTurnMs.toFixed(0)} ms; peak ${report.peakRssMb} MB\n`,
  );
}
