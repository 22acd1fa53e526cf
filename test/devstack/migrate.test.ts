import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { applyMigrations } from '../../store/migrate';
import { createEmptyDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
let directory: string;
let client: Client;

beforeEach(async () => {
  database = await createEmptyDatabase();
  directory = mkdtempSync(path.join(tmpdir(), 'redress-migrations-'));
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, sql: string): void {
  mkdirSync(path.join(directory, name), { recursive: true });
  writeFileSync(path.join(directory, name, 'migration.sql'), sql);
}

const apply = () => applyMigrations(database.url, { directory });
const tableExists = async (name: string) =>
  (await client.query('SELECT to_regclass($1) AS found', [name])).rows[0].found !== null;

const TRIGGER = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only; always'; END $$;
  CREATE TRIGGER no_update BEFORE UPDATE ON one FOR EACH ROW EXECUTE FUNCTION refuse();`;

test('files are applied in the order of their names, with bodies that hold semicolons', async () => {
  write('20260102000000_trigger', TRIGGER);
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  expect(await apply()).toEqual(['20260101000000_one', '20260102000000_trigger']);
  await client.query('INSERT INTO one VALUES (1)');
  await expect(client.query('UPDATE one SET id = 2')).rejects.toThrow('append only; always');
});

test('a second run applies nothing, a later file alone is applied', async () => {
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  await apply();
  expect(await apply()).toEqual([]);
  write('20260102000000_two', 'CREATE TABLE two (id int);');
  expect(await apply()).toEqual(['20260102000000_two']);
});

test('the records are those of Prisma: the checksum is the SHA-256 of the file', async () => {
  const sql = 'CREATE TABLE one (name text DEFAULT $$退款$$);\n';
  write('20260101000000_one', sql);
  await apply();
  const { rows } = await client.query('SELECT * FROM "_prisma_migrations"');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    migration_name: '20260101000000_one',
    checksum: createHash('sha256').update(sql).digest('hex'),
    applied_steps_count: 1,
    rolled_back_at: null,
    logs: null,
  });
  expect(rows[0].finished_at).not.toBeNull();
});

test('an edited file is refused by name, and nothing later is applied', async () => {
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  await apply();
  write('20260101000000_one', 'CREATE TABLE one (id bigint);');
  write('20260102000000_two', 'CREATE TABLE two (id int);');
  await expect(apply()).rejects.toThrow(/20260101000000_one was edited/);
  expect(await tableExists('two')).toBe(false);
});

test('a database that is ahead of the files is refused', async () => {
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  await apply();
  rmSync(path.join(directory, '20260101000000_one'), { recursive: true });
  await expect(apply()).rejects.toThrow(/20260101000000_one, which this version does not know/);
});

test('a failing file leaves nothing of itself, keeps the files before it, and can be repaired', async () => {
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  write('20260102000000_two', 'CREATE TABLE two (id int);\nINSERT INTO nowhere VALUES (1);');
  await expect(apply()).rejects.toThrow(/20260102000000_two failed and was rolled back: .*nowhere.*, line 2/);
  expect([await tableExists('one'), await tableExists('two')]).toEqual([true, false]);
  write('20260102000000_two', 'CREATE TABLE two (id int);');
  expect(await apply()).toEqual(['20260102000000_two']);
});

test('a migration that another tool left half-done is refused', async () => {
  write('20260101000000_one', 'CREATE TABLE one (id int);');
  await apply();
  await client.query('UPDATE "_prisma_migrations" SET finished_at = NULL');
  await expect(apply()).rejects.toThrow(/20260101000000_one failed half-way/);
});

test('of two runs at once one applies each file and the other waits for it', async () => {
  write('20260101000000_one', 'SELECT pg_sleep(0.3); CREATE TABLE one (id int);');
  write('20260102000000_two', 'CREATE TABLE two (id int);');
  const applied = await Promise.all([apply(), apply(), apply()]);
  expect(applied.flat().sort()).toEqual(['20260101000000_one', '20260102000000_two']);
});
