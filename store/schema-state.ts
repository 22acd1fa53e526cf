import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Db } from './client';

const MIGRATIONS = path.resolve(__dirname, '..', 'prisma', 'migrations');

/**
 * Whether every migration that this version needs stands in the database. Throws when the database does not answer.
 */
export async function schemaState(db: Db): Promise<'applied' | 'missing'> {
  const [table] = await db.$queryRaw<{ known: boolean }[]>`
    SELECT to_regclass('_prisma_migrations') IS NOT NULL AS known`;
  if (!table?.known) return 'missing';
  const rows = await db.$queryRaw<{ migration_name: string }[]>`
    SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  const applied = new Set(rows.map((row) => row.migration_name));
  return neededMigrations().every((name) => applied.has(name)) ? 'applied' : 'missing';
}

let needed: string[] | undefined;

/** Read once: a running process needs what it was shipped with. */
function neededMigrations(): string[] {
  needed ??= readdirSync(MIGRATIONS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  return needed;
}
