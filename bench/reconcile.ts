import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createReconciliationActivities } from '../activities/reconcile';
import type { ReadWorkflows } from '../activities/compare-settlement';
import { startThrowAwayPostgres } from '../devstack/postgres';
import { createSettlementSources } from '../integrations/payments';
import { createLogger, createMetrics } from '../platform';
import { startSandbox } from '../sandbox';
import { generateWeChatPayCredentials } from '../sandbox/wechat-pay';
import { applyMigrations, createReconciliationRuns, newId, openDatabase, type Database } from '../store';
import { manyRows, seedManyRefunds } from '../test/support/many-refunds';
import { timed } from './measure';

const DAY = '2026-11-10';
const NOON = '2026-11-10T04:00:00.000Z';
const NOW = new Date('2026-11-11T05:00:00.000Z');

/** Workflows agree: what is measured is the provider, the books and the ledger. */
const agreeing: ReadWorkflows = async (stands) =>
  new Map(
    stands.map(({ refundId, status, seq, legs }) => [refundId, { workflow: 'running', says: { status, seq, legs } }]),
  );

/** Seconds of one reconciliation: a bill of WeChat Pay over HTTP, the books in a PostgreSQL of its own. */
export interface ReconcileReport {
  rows: number;
  loadSeconds: number;
  compareSeconds: number;
  totalSeconds: number;
  /** Of this process: the reconciliation, and the stand-in that serves the bill. */
  cpuSeconds: number;
  differences: number;
  peakRssMb: number;
}

/** Measures the reconciliation of a day with so many refunds. */
export async function measureReconciliation(rows: number, say: (line: string) => void): Promise<ReconcileReport> {
  const postgres = await startThrowAwayPostgres();
  const keys = generateWeChatPayCredentials();
  const sandbox = await startSandbox({ port: 0, wechatPay: keys });
  const db = openDatabase({
    databaseUrl: postgres.url,
    maxConnections: 5,
    connectTimeoutMs: 5_000,
    applicationName: 'bench',
  });
  try {
    say(`Writing ${rows} paid refunds …`);
    await applyMigrations(postgres.url);
    const many = { count: rows, at: NOON, provider: 'wechat_pay', customerId: await customer(db) };
    await db.$transaction((tx) => seedManyRefunds(tx, many), { timeout: 600_000 });
    await db.$executeRaw`ANALYZE`;
    const planted = await fetch(`${sandbox.url}/control/settlement/rows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(manyRows(many)),
    });
    if (!planted.ok) throw new Error(await planted.text());
    const settlements = createSettlementSources({
      wechat_pay: [
        {
          merchantAccount: 'default',
          mode: 'test',
          merchantId: keys.merchantId,
          certificateSerial: keys.merchantSerial,
          privateKey: keys.merchantPrivateKey,
          platformKeys: [{ serial: keys.platformSerial, pem: keys.platformPublicKey }],
          apiBase: sandbox.url,
        },
      ],
    });
    const activities = createReconciliationActivities(
      {
        db,
        settlements,
        crm: null,
        clock: () => NOW,
        logger: createLogger({ process: 'bench', level: 'warn' }),
        metrics: createMetrics({ process: 'bench', runtime: false }),
      },
      agreeing,
    );
    const [run] = await createReconciliationRuns(
      db,
      [{ mode: 'test', provider: 'wechat_pay', merchantAccount: 'default', day: DAY, requestKey: 'bench' }],
      { trigger: 'schedule', commandId: null },
      NOW.toISOString(),
    );
    const input = { runId: run?.id ?? '' };
    const environment = (): MockActivityEnvironment =>
      new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    say('Reconciling …');
    const cpu = process.cpuUsage();
    const load = await timed(() => environment().run(activities.loadSettlement, input));
    const compare = await timed(
      () => environment().run(activities.compareSettlement, input) as Promise<{ opened: number }>,
    );
    const { user, system } = process.cpuUsage(cpu);
    return {
      rows,
      loadSeconds: load.ms / 1_000,
      compareSeconds: compare.ms / 1_000,
      totalSeconds: (load.ms + compare.ms) / 1_000,
      cpuSeconds: (user + system) / 1_000_000,
      differences: compare.value.opened,
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    };
  } finally {
    await db.$disconnect();
    await sandbox.close();
    await postgres.stop();
  }
}

async function customer(db: Database): Promise<string> {
  const id = newId('cu');
  await db.customer.create({
    data: { id, mode: 'test', externalId: 'C-1', name: 'Customer', createdAt: NOW, updatedAt: NOW },
  });
  return id;
}

/** For people. */
export function printReconcileReport(report: ReconcileReport): void {
  const seconds = (value: number): string => value.toFixed(1);
  process.stdout.write(
    `${report.rows} rows reconciled in ${seconds(report.totalSeconds)} s: loaded in ${seconds(report.loadSeconds)} s, compared in ${seconds(report.compareSeconds)} s, ${seconds(report.cpuSeconds)} s of CPU in this process; ${report.differences} differences; peak ${report.peakRssMb} MB with the stand-in\n`,
  );
}
