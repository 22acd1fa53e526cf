import type { Client } from 'pg';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
});
afterAll(() => store.close());
beforeEach(() => sql.query('BEGIN'));
afterEach(() => sql.query('ROLLBACK'));

const insert = (table: string, row: Record<string, unknown>) => {
  const names = Object.keys(row);
  return sql.query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, n) => `$${n + 1}`).join(', ')})`,
    Object.values(row),
  );
};
const NOW = '2026-11-24T04:30:00Z';
const ACCOUNT = { mode: 'test', provider: 'stripe', merchant_account: 'default' };
const run = (more: Record<string, unknown> = {}) =>
  insert('reconciliation_runs', {
    id: 'rr_1',
    ...ACCOUNT,
    day: '2026-11-23',
    request_key: 'k1',
    trigger: 'schedule',
    created_at: NOW,
    ...more,
  });
const line = (more: Record<string, unknown> = {}) =>
  insert('settlement_lines', {
    ...ACCOUNT,
    day: '2026-11-23',
    key: 'txn_1',
    run_id: 'rr_1',
    amount_minor: 5,
    currency: 'CNY',
    at: NOW,
    status: 'succeeded',
    ...more,
  });
const difference = (more: Record<string, unknown> = {}) =>
  insert('reconciliation_differences', {
    id: 'rd_1',
    ...ACCOUNT,
    kind: 'amount_differs',
    key: 'amount_differs:R1:5',
    data: '{}',
    last_day: '2026-11-23',
    opened_at: NOW,
    seen_at: NOW,
    ...more,
  });

describe('runs', () => {
  test('one at a time works on an account’s day; the next may follow when it has ended', async () => {
    await run();
    await sql.query('SAVEPOINT s');
    await expect(run({ id: 'rr_2', request_key: 'k2' })).rejects.toThrow('reconciliation_runs_one_active');
    await sql.query('ROLLBACK TO s');
    await run({ id: 'rr_3', request_key: 'k3', day: '2026-11-22' });
    await sql.query(`UPDATE reconciliation_runs SET status = 'failed', ended_at = now() WHERE id = 'rr_1'`);
    await run({ id: 'rr_4', request_key: 'k4' });
  });

  test.each([
    ['reconciliation_runs_status', { status: 'new' }],
    ['reconciliation_runs_trigger', { trigger: 'hand' }],
    ['reconciliation_runs_day', { day: '23.11.2026' }],
    ['reconciliation_runs_ended', { status: 'failed' }],
    ['reconciliation_runs_ended', { ended_at: NOW }],
    ['reconciliation_runs_loaded', { status: 'done', ended_at: NOW }],
    ['reconciliation_runs_loaded', { status: 'comparing' }],
  ])('%s refuses %j', async (constraint, more) => {
    await expect(run(more)).rejects.toThrow(constraint);
  });
});

test.each([
  ['settlement_lines_status', { status: 'paid' }],
  ['settlement_lines_amount', { amount_minor: 0 }],
  ['settlement_lines_currency', { currency: 'cny' }],
  ['settlement_lines_settled', { settled_currency: 'USD' }],
  ['settlement_lines_settled', { settled_currency: 'USD', settled_minor: 1 }],
  ['settlement_lines_settled', { settled_currency: 'USD', settled_minor: 0, settled_rate: '0.14' }],
  ['settlement_lines_settled', { settled_currency: 'CNY', settled_minor: 1, settled_rate: '1' }],
])('lines: %s refuses %j', async (constraint, more) => {
  await expect(line(more)).rejects.toThrow(constraint);
});

test('lines: one that was settled in another currency is let through as a whole', async () => {
  const { rowCount } = await line({ settled_currency: 'USD', settled_minor: 1, settled_rate: '0.14' });
  expect(rowCount).toBe(1);
});

describe('differences', () => {
  test.each([
    ['reconciliation_differences_kind', { kind: 'strange' }],
    ['reconciliation_differences_status', { status: 'new', ended_at: NOW }],
    ['reconciliation_differences_ended', { status: 'resolved' }],
    ['reconciliation_differences_ended', { ended_at: NOW }],
    ['reconciliation_differences_occurrence', { occurrence: 0 }],
  ])('%s refuses %j', async (constraint, more) => {
    await expect(difference(more)).rejects.toThrow(constraint);
  });

  test('stay what they are and are never deleted', async () => {
    await difference();
    for (const change of [`key = 'other'`, `kind = 'paid_twice'`, `merchant_account = 'other'`]) {
      await sql.query('SAVEPOINT s');
      await expect(sql.query(`UPDATE reconciliation_differences SET ${change}`)).rejects.toThrow('stays what it is');
      await sql.query('ROLLBACK TO s');
    }
    await sql.query(`UPDATE reconciliation_differences SET status = 'resolved', ended_at = now()`);
    await expect(sql.query('DELETE FROM reconciliation_differences')).rejects.toThrow('append-only');
  });

  test('are one row for each key of an account', async () => {
    await difference();
    await expect(difference({ id: 'rd_2' })).rejects.toThrow('reconciliation_differences_mode_provider');
  });
});

test('what a run found stays as it was found', async () => {
  await run();
  await difference();
  await insert('reconciliation_findings', { run_id: 'rr_1', difference_id: 'rd_1', mode: 'test', finding: 'opened' });
  await sql.query('SAVEPOINT s');
  for (const statement of [
    `UPDATE reconciliation_findings SET finding = 'seen'`,
    'DELETE FROM reconciliation_findings',
  ]) {
    await expect(sql.query(statement)).rejects.toThrow('append-only');
    await sql.query('ROLLBACK TO s');
  }
  await expect(
    insert('reconciliation_findings', { run_id: 'rr_1', difference_id: 'rd_1', mode: 'test', finding: 'lost' }),
  ).rejects.toThrow(/reconciliation_findings_(finding|pkey)/);
});
