import { startThrowAwayPostgres } from '../../../devstack/postgres';
import { applyMigrations, createReconciliationRuns, newId, openDatabase, type Database } from '../../../store';
import { DAY, NOW, openReconciliationDay, run, TWELVE, type ReconciliationDay } from '../../support/reconciliation-day';
import type { StandaloneDrill } from './drill';

/** What a day of the full size takes at the most, on two cores. */
const WITHIN_MS = 60_000;

interface Pass {
  opened: number;
  loadMs: number;
  compareMs: number;
}

/**
 * A day of `size` refunds is reconciled twice, from the provider's bill over HTTP with the books and the ledger of a
 * PostgreSQL of its own: as everybody agrees about it, which invents no difference, and with twelve that are planted, which
 * finds these. Workflows agree: what is measured is the provider, the books and the ledger.
 */
export const reconciliation: StandaloneDrill = {
  fullSize: 100_000,
  standsAlone: true,
  async run({ size, say }) {
    const postgres = await startThrowAwayPostgres();
    const db = openDatabase({
      databaseUrl: postgres.url,
      maxConnections: 5,
      connectTimeoutMs: 5_000,
      applicationName: 'chaos',
      // As the worker has it, so that a statement that its plan makes slow is slow here.
      planOnce: true,
    });
    try {
      say(`writing ${size} paid refunds`);
      await applyMigrations(postgres.url);
      const day = await openReconciliationDay(db, { count: size, customerId: await customer(db) });
      try {
        const cpu = process.cpuUsage();
        const agreed = await pass(db, day, 'agreed');
        const { user, system } = process.cpuUsage(cpu);
        say(`as everybody agrees: ${inWords(agreed)}`);
        await day.plantTwelve();
        const planted = await pass(db, day, 'planted');
        say(`with twelve differences: ${inWords(planted)}`);
        const found = await db.reconciliationDifference.groupBy({
          by: ['kind'],
          _count: true,
          orderBy: { kind: 'asc' },
        });
        const kinds = Object.fromEntries(found.map(({ kind, _count }) => [kind, _count]));
        const slow = [agreed, planted].filter((one) => tookMs(one) > WITHIN_MS);
        return {
          line:
            `${size} refunds reconciled in ${seconds(tookMs(agreed))} s (${((user + system) / 1_000_000).toFixed(1)} s of CPU ` +
            `with the stand-in, at most ${Math.round(process.resourceUsage().maxRSS / 1_024)} MB), ` +
            `and with twelve planted differences in ${seconds(tookMs(planted))} s (wanted: below ${WITHIN_MS / 1_000})`,
          violations: [
            ...(agreed.opened === 0 ? [] : [`${agreed.opened} differences were invented`]),
            ...(JSON.stringify(kinds) === JSON.stringify(TWELVE)
              ? []
              : [`planted ${JSON.stringify(TWELVE)}, found ${JSON.stringify(kinds)}`]),
            // What is promised is promised of the full size.
            ...(size >= reconciliation.fullSize ? slow : []).map((one) => `a day took ${inWords(one)}`),
          ],
        };
      } finally {
        await day.close();
      }
    } finally {
      await db.$disconnect();
      await postgres.stop();
    }
  },
};

async function pass(db: Database, day: ReconciliationDay, requestKey: string): Promise<Pass> {
  const account = { mode: 'test', provider: 'wechat_pay', merchantAccount: 'default', day: DAY, requestKey } as const;
  const [made] = await createReconciliationRuns(
    db,
    [account],
    { trigger: 'schedule', commandId: null },
    NOW.toISOString(),
  );
  const input = { runId: made?.id ?? '' };
  const activities = day.activities();
  const began = performance.now();
  await run(activities.loadSettlement, input);
  const loaded = performance.now();
  const { opened } = await run(activities.compareSettlement, input);
  return { opened, loadMs: loaded - began, compareMs: performance.now() - loaded };
}

const tookMs = ({ loadMs, compareMs }: Pass): number => loadMs + compareMs;
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
const inWords = (one: Pass): string =>
  `${seconds(tookMs(one))} s (loaded in ${seconds(one.loadMs)} s, compared in ${seconds(one.compareMs)} s), ${one.opened} new differences`;

async function customer(db: Database): Promise<string> {
  const id = newId('cu');
  await db.customer.create({
    data: { id, mode: 'test', externalId: 'C-1', name: 'Customer', createdAt: NOW, updatedAt: NOW },
  });
  return id;
}
