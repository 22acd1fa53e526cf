import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';

/** Any number that is ours alone; Prisma's own engine uses 72707369. */
const ADVISORY_LOCK = 7_263_520_117;

/** Prisma's own table, so that `prisma migrate` and this runner read each other's records. */
const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                  VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"            VARCHAR(64) NOT NULL,
    "finished_at"         TIMESTAMPTZ,
    "migration_name"      VARCHAR(255) NOT NULL,
    "logs"                TEXT,
    "rolled_back_at"      TIMESTAMPTZ,
    "started_at"          TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

/** A migration that cannot be applied, or a database that the committed files do not lead to. Nothing of it was kept. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  /** Prisma's checksum: SHA-256 of the file's bytes, hex. */
  readonly checksum: string;
}

interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Brings a database up to the committed migrations: each missing file in one transaction of its own, in the order of
 * their names, under one advisory lock, so that several processes may call it at once.
 *
 * @param databaseUrl a role that owns the schema
 * @param options.directory folder of `<time>_<name>/migration.sql`; default prisma/migrations of this package
 * @returns the names of the migrations that this call applied
 * @throws MigrationError when an applied file was edited or is missing, when an earlier run of `prisma migrate` failed
 *   half-way, or when a file's SQL fails (then nothing of that file stays; earlier files do)
 */
export async function applyMigrations(databaseUrl: string, options: { directory?: string } = {}): Promise<string[]> {
  const files = readMigrations(options.directory ?? path.resolve(__dirname, '..', 'prisma', 'migrations'));
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(CREATE_TABLE);
    const pending = pendingOf(files, await appliedRows(client));
    for (const file of pending) await applyOne(client, file);
    return pending.map((file) => file.name);
  } finally {
    await client.end(); // ends the session, and with it the lock
  }
}

function readMigrations(directory: string): MigrationFile[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const bytes = readFileSync(path.join(directory, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    });
}

async function appliedRows(client: Client): Promise<AppliedRow[]> {
  const result = await client.query<AppliedRow>(
    'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  );
  return result.rows;
}

function pendingOf(files: readonly MigrationFile[], applied: readonly AppliedRow[]): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const row of applied) {
    if (row.finished_at === null) {
      throw new MigrationError(
        `Migration ${row.migration_name} failed half-way in an earlier run of another tool. Repair the database by hand, ` +
          `then mark it: npm run migrate -- resolve ${row.migration_name}`,
      );
    }
    const file = byName.get(row.migration_name);
    if (file === undefined) {
      throw new MigrationError(
        `The database has migration ${row.migration_name}, which this version does not know: it is newer than this program.`,
      );
    }
    if (file.checksum !== row.checksum) {
      throw new MigrationError(
        `Migration ${row.migration_name} was edited after it was applied. Restore the file, and put the change into a ` +
          `new migration: npm run migrate -- create <name>`,
      );
    }
  }
  const done = new Set(applied.map((row) => row.migration_name));
  return files.filter((file) => !done.has(file.name));
}

async function applyOne(client: Client, file: MigrationFile): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(file.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), file.checksum, file.name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const { message, position } = error as Error & { position?: string };
    const line = position === undefined ? '' : `, line ${file.sql.slice(0, Number(position)).split('\n').length}`;
    throw new MigrationError(`Migration ${file.name} failed and was rolled back: ${message}${line}`, { cause: error });
  }
}
