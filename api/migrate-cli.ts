import { loadToolConfig } from '../config';
import { applyMigrations } from '../store';

/** Brings the database of DATABASE_URL up to this version: what runs before the API and the worker of a release. */
async function main(): Promise<void> {
  const applied = await applyMigrations(loadToolConfig().database.url);
  process.stdout.write(
    applied.length === 0 ? 'Nothing to apply.\n' : applied.map((name) => `applied ${name}\n`).join(''),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
