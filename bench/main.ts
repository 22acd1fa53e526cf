import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { startStack } from '../devstack/stack';
import type { Supervisor } from '../devstack/supervisor';
import { runBare, startBareWorker } from './bare/run';
import { gatesOf } from './gates';
import { median, percentile } from './measure';
import { historyOf, RefundLoad, type Stages } from './refunds';
import { printReport, type AcceptFlood, type OpenLoop, type Report, type Row } from './report';
import { measureSimulation, printSimulateReport } from './simulate';

const USAGE = `usage: npm run bench [-- options]

  --refunds N        refunds a measurement (default 60; at least four waves of those at once)
  --concurrency A,B  how many at once (default 1,10,50)
  --runs N           interleaved runs, of which the median counts (default 3)
  --json             print the figures as JSON alone
  --quick            one run of 20 at concurrency 10, no open loop
  --simulate         a policy on past refunds instead, with --rows N refunds (default 100000) and --rules N (default 200)

API and worker run as they are shipped, from dist/. Every run measures bare workflows and refunds in turn on the same server, so that the ratio holds when the machine drifts. The open loop runs at 4 refunds a second and at the same share of the bare rate as on the machine that 4 was promised on. Every target is named with whether it is met.`;

interface Options {
  refunds: number;
  concurrency: number[];
  runs: number;
  json: boolean;
  quick: boolean;
  /** Past refunds of the simulation to measure; null: refunds are measured. */
  simulateRows: number | null;
  /** Of the policy that is simulated. */
  rules: number;
}

async function main(options: Options): Promise<void> {
  const say = options.json ? () => undefined : (line: string) => void process.stderr.write(`${line}\n`);
  if (options.simulateRows !== null) {
    const report = await measureSimulation(options.simulateRows, options.rules, say);
    if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else printSimulateReport(report);
    return;
  }
  say('Building what is shipped …');
  execFileSync('npm', ['run', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const home = mkdtempSync(path.join(os.tmpdir(), 'redress-bench-'));
  chmodSync(home, 0o755);
  let supervisor: Supervisor | undefined;
  const interrupted = () => void supervisor?.stop().then(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const stack = await startStack({
    home,
    say,
    onSupervisor: (made) => void (supervisor = made),
    built: true,
    settings: { RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'warn' },
  });
  try {
    const file = stack.announce();
    const connection = await Connection.connect({ address: file.temporal.address });
    const client = new Client({ connection, namespace: file.temporal.namespace });
    const bare = await startBareWorker(file.temporal.address, file.temporal.namespace);
    const load = new RefundLoad(file);
    try {
      const report = await measure(options, client, load, say, () => memoryOf(file.pids));
      if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      else printReport(report);
    } finally {
      bare.stop();
      await load.close();
      await connection.close();
    }
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(
  options: Options,
  client: Client,
  load: RefundLoad,
  say: (line: string) => void,
  memory: () => Record<string, number>,
): Promise<Report> {
  say('Warming up …');
  await runBare(client, 'bareRegularWorkflow', 10, 5);
  await runBare(client, 'bareLocalWorkflow', 10, 5);
  for (const stages of ['one', 'three'] as const) await load.run(stages, await load.orders(10, stages), 5);

  const rows: Row[] = [];
  const refundIds: Record<Stages, string[]> = { one: [], three: [] };
  for (const concurrency of options.concurrency) {
    const total = concurrency === 1 ? Math.min(options.refunds, 20) : Math.max(WAVES * concurrency, options.refunds);
    const samples = { regular: [] as number[], local: [] as number[], one: [] as number[], three: [] as number[] };
    const ratios = { one: [] as number[], three: [] as number[] };
    const accept: number[] = [];
    const decide: number[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      say(`Concurrency ${concurrency}, run ${run + 1} of ${options.runs} …`);
      const regular = perSecond(await runBare(client, 'bareRegularWorkflow', total, concurrency));
      samples.regular.push(regular);
      samples.local.push(perSecond(await runBare(client, 'bareLocalWorkflow', total, concurrency)));
      for (const stages of ['one', 'three'] as const) {
        const measured = await load.run(stages, await load.orders(total, stages), concurrency);
        samples[stages].push(perSecond(measured));
        ratios[stages].push(perSecond(measured) / regular);
        accept.push(...measured.acceptMs);
        decide.push(...measured.decideMs);
        refundIds[stages].push(...measured.refundIds);
      }
    }
    rows.push({
      concurrency,
      refunds: total,
      bareRegularPerSecond: median(samples.regular),
      bareLocalPerSecond: median(samples.local),
      oneStagePerSecond: median(samples.one),
      threeStagePerSecond: median(samples.three),
      oneStageRatio: median(ratios.one),
      threeStageRatio: median(ratios.three),
      acceptP50Ms: percentile(accept, 0.5),
      acceptP99Ms: percentile(accept, 0.99),
      decideP50Ms: percentile(decide, 0.5),
      decideP99Ms: percentile(decide, 0.99),
    });
  }
  const rssMb = memory();
  const open = options.quick
    ? null
    : await measureOpen(load, Math.max(...rows.map((row) => row.bareRegularPerSecond)), say);
  const one = await historyOf(client, refundIds.one.slice(-20));
  const three = await historyOf(client, refundIds.three.slice(-20));
  const report = {
    cpus: os.cpus().length,
    rows,
    open,
    history: {
      oneStage: { events: Math.max(...one.events), bytes: Math.max(...one.bytes) },
      threeStages: { events: Math.max(...three.events), bytes: Math.max(...three.bytes) },
    },
    rssMb,
  };
  return { ...report, gates: gatesOf(report) };
}

/** So many times those at once, since a single wave measures how it fills and drains. */
const WAVES = 4;
/** Three-stage refunds a second that the product promises to stand. */
const PROMISED_PER_SECOND = 4;
/** Requests a second that acceptance promises to stand. */
const PROMISED_ACCEPTS_PER_SECOND = 50;
/** Bare workflows a second of the machine that both were promised on: the same share is the same load on any other. */
const PROMISED_BARE_PER_SECOND = 18.6;
/** How long arrivals go on. */
const OPEN_SECONDS = 20;
const FLOOD_SECONDS = 10;

async function measureOpen(
  load: RefundLoad,
  barePerSecond: number,
  say: (line: string) => void,
): Promise<NonNullable<Report['open']>> {
  const steady: OpenLoop[] = [];
  const scale = barePerSecond / PROMISED_BARE_PER_SECOND;
  for (const rate of [PROMISED_PER_SECOND, PROMISED_PER_SECOND * scale]) {
    say(`Open loop: ${rate.toFixed(1)} three-stage refunds a second …`);
    const count = Math.max(20, Math.round(rate * OPEN_SECONDS));
    const run = await load.runOpen('three', await load.orders(count, 'three'), rate);
    steady.push({
      perSecond: rate,
      shareOfBare: rate / barePerSecond,
      decideP50Ms: percentile(run.decideMs, 0.5),
      decideP99Ms: percentile(run.decideMs, 0.99),
      acceptP50Ms: percentile(run.acceptMs, 0.5),
      acceptP99Ms: percentile(run.acceptMs, 0.99),
    });
  }
  const flood: AcceptFlood[] = [];
  for (const rate of [PROMISED_ACCEPTS_PER_SECOND, PROMISED_ACCEPTS_PER_SECOND * scale]) {
    say(`Open loop: ${rate.toFixed(1)} requests a second to accept …`);
    const acceptMs = await load.acceptOpen(await load.orders(Math.round(rate * FLOOD_SECONDS), 'one'), rate);
    flood.push({ perSecond: rate, acceptP50Ms: percentile(acceptMs, 0.5), acceptP99Ms: percentile(acceptMs, 0.99) });
  }
  return { steady, flood };
}

const perSecond = (measured: { done: number; seconds: number }): number => measured.done / measured.seconds;

/** Resident memory of the parts in MB, by Linux's own account; empty elsewhere. */
function memoryOf(pids: Record<string, number>): Record<string, number> {
  if (process.platform !== 'linux') return {};
  return Object.fromEntries(
    Object.entries(pids).flatMap(([name, pid]) => {
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return kilobytes ? [[name, Math.round(Number(kilobytes) / 1024)]] : [];
    }),
  );
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      refunds: { type: 'string', default: '60' },
      concurrency: { type: 'string', default: '1,10,50' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      simulate: { type: 'boolean', default: false },
      rows: { type: 'string', default: '100000' },
      rules: { type: 'string', default: '200' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const numbers = values.quick ? [10] : values.concurrency.split(',').map(Number);
  const refunds = values.quick ? 20 : Number(values.refunds);
  const runs = values.quick ? 1 : Number(values.runs);
  const rows = Number(values.rows);
  const rules = Number(values.rules);
  if (!Number.isSafeInteger(rules) || rules < 0 || rules > 200) return null;
  if (![refunds, runs, rows, ...numbers].every((one) => Number.isSafeInteger(one) && one > 0)) return null;
  const simulateRows = values.simulate ? rows : null;
  return {
    refunds,
    runs,
    concurrency: numbers,
    json: values.json,
    quick: values.quick,
    simulateRows,
    rules,
  };
}

const options = readOptions();
if (!options) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(64);
}
main(options).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
