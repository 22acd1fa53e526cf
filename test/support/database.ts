import { randomBytes } from 'node:crypto';
import { databaseUrl, withAdmin } from '../../devstack/postgres';
import { ask, TEMPLATE_DATABASE } from './ask';

export interface TestDatabase {
  /** Address for openDatabase or a pg client. */
  readonly url: string;
  /** Removes the database, ending sessions that are still open. */
  drop(): Promise<void>;
}

/** A database of its own with all migrations applied and no rows; a copy, so it takes tens of milliseconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return makeDatabase(`TEMPLATE ${TEMPLATE_DATABASE}`);
}

/** A database without any table, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return makeDatabase('');
}

async function makeDatabase(clause: string): Promise<TestDatabase> {
  const { port } = await ask('/database');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin(port, (client) => client.query(`CREATE DATABASE ${name} ${clause}`));
  return {
    url: databaseUrl(port, name),
    drop: async () => {
      await withAdmin(port, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}
