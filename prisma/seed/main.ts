import { loadToolConfig } from '../../config';
import { seed } from './index';

/** Fills the database of DATABASE_URL with the demo and prints the keys, which nothing shows again. */
async function main(): Promise<void> {
  const { keys, notices } = await seed({
    databaseUrl: loadToolConfig().database.url,
    now: new Date(),
    localStack: true,
  });
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  process.stdout.write(`${JSON.stringify(keys, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
