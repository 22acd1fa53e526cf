import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { StageStatus } from '../../domain/process';
import type { AttemptStatus } from '../../domain/payment';
import { REFUND_STATUSES } from '../../domain/refund';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database';

const ROOT = path.resolve(__dirname, '../..');

let database: TestDatabase;
let sql: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Client({ connectionString: database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** Compares the migrations of a source tree, replayed, with its schema by Prisma's own engine. */
async function check(root: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const shadowHost = await createEmptyDatabase();
  try {
    return await promisify(execFile)(process.execPath, ['--import', 'tsx', 'devstack/migrate.mjs', 'check'], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: shadowHost.url },
    }).then(
      (done) => ({ code: 0, ...done }),
      (failure: { code: number; stdout: string; stderr: string }) => failure,
    );
  } finally {
    await shadowHost.drop();
  }
}

test('the migrations produce exactly schema.prisma', async () => {
  expect(await check(ROOT)).toMatchObject({ code: 0, stdout: 'migrations == schema\n' });
});

test('planted: a column that no migration adds is named', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'redress-schema-'));
  try {
    for (const name of ['devstack', 'store', 'prisma', 'package.json', 'tsconfig.json'])
      cpSync(path.join(ROOT, name), path.join(folder, name), {
        recursive: true,
        filter: (source) => !source.includes(`${path.sep}generated`),
      });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    const schema = path.join(folder, 'prisma/schema.prisma');
    const text = readFileSync(schema, 'utf8');
    writeFileSync(schema, text.replace('model CrmLink {', 'model CrmLink {\n  planted String?'));
    const result = await check(folder);
    expect(result.code).toBe(2);
    expect(result.stdout).toContain('ADD COLUMN     "planted"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The values that a CHECK lets a column take. */
async function valuesOf(constraint: string): Promise<string[]> {
  const { rows } = await sql.query<{ definition: string }>(
    'SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1',
    [constraint],
  );
  return [...(rows[0]?.definition ?? '').matchAll(/'([^']+)'::text/g)].map(([, value]) => value ?? '').toSorted();
}

describe('the statuses of the domain are those that the database lets in', () => {
  // Records, so that a status more or less in the domain does not compile.
  const attempts: Record<AttemptStatus, true> = {
    reserved: true,
    instructed: true,
    pending: true,
    succeeded: true,
    failed: true,
    unknown: true,
    returned: true,
  };
  const stages: Record<StageStatus, true> = {
    pending: true,
    open: true,
    paused: true,
    approved: true,
    declined: true,
    sent_back: true,
    skipped: true,
  };

  test.each([
    ['refunds_status', [...REFUND_STATUSES]],
    ['payment_attempts_status', Object.keys(attempts)],
    ['stages_status', Object.keys(stages)],
  ])('%s', async (constraint, values) => {
    expect(await valuesOf(constraint)).toEqual(values.toSorted());
  });
});

test('every row has a mode', async () => {
  const { rows } = await sql.query<{ name: string; has_mode: boolean }>(`
    SELECT c.relname AS name,
      EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'mode' AND a.attnotnull) AS has_mode
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_prisma%'`);
  expect(rows.length).toBeGreaterThan(25);
  expect(rows.filter((row) => !row.has_mode).map((row) => row.name)).toEqual([]);
});

test('money is counted in whole minor units: no column is a float, every amount is a bigint', async () => {
  const { rows } = await sql.query<{ column: string; type: string }>(`
    SELECT table_name || '.' || column_name AS column, data_type AS type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_prisma%'`);
  expect(rows.filter((row) => /real|double|numeric|money/.test(row.type))).toEqual([]);
  const amounts = rows.filter((row) => row.column.endsWith('_minor'));
  expect(amounts.length).toBeGreaterThan(15);
  expect(amounts.filter((row) => row.type !== 'bigint')).toEqual([]);
});

test('every instant knows its offset', async () => {
  const { rows } = await sql.query<{ column: string; type: string }>(`
    SELECT table_name || '.' || column_name AS column, data_type AS type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_prisma%' AND data_type LIKE 'timestamp%'`);
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((row) => row.type !== 'timestamp with time zone')).toEqual([]);
});

test('what is unique is unique within a mode', async () => {
  const { rows } = await sql.query<{ definition: string }>(
    `SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'`,
  );
  const definitions = rows.map((row) => row.definition).join('\n');
  for (const columns of [
    '(mode, provider, merchant_account, provider_payment_id)',
    '(mode, provider, merchant_account, provider_event_id)',
    '(mode, external_id)',
    '(reference)',
    '(scope_hash)',
    '(refund_id, transition_id)',
    '(refund_id, seq)',
    '(stream, seq)',
    '(command_id)',
    '(dedup_key)',
  ])
    expect(definitions).toContain(columns);
});
