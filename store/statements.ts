import type { Writable } from 'node:stream';
import { types, type Pool, type PoolClient, type QueryConfig } from 'pg';
import { Prisma } from './generated/prisma/client';

/**
 * Statements in SQL. Prisma's client and its transactions run them, and so does the direct way below; what only states
 * SQL takes this, so that it goes both ways.
 */
export interface Statements {
  $queryRaw<Rows = unknown>(statement: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<Rows>;
  $executeRaw(statement: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>;
}

/**
 * The direct way to the database, past Prisma's engine: for what every refund does, where the engine costs more than the
 * statement. It shares the pool, so the limit of connections is one. Rows come as Prisma brings them: bigint as bigint,
 * instants as Date, JSON parsed. Errors are the driver's own.
 */
export interface DirectStatements extends Statements {
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (tx: TransactionStatements) => Promise<T>): Promise<T>;
}

/**
 * A transaction. Statements that are begun together, without waiting for one another, travel together on the direct way:
 * Postgres runs them in order, and each fails when one before it has failed.
 */
export interface TransactionStatements extends Statements {
  /** Runs the last statement of all: the COMMIT travels with it. Nothing is kept when it fails, and nothing may follow. */
  $executeLast(statement: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>;
}

const INT8 = 20;
const PARSERS: NonNullable<QueryConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? BigInt : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
};

/** @param nameOf names a statement by its text, so that a session prepares it once; empty for those that it must not. */
export function directStatements(
  pool: Pool,
  nameOf: (query: { sql: string; args: readonly unknown[] }) => string,
): DirectStatements {
  const on = (runner: Pool | PoolClient): Statements => {
    const run = (statement: TemplateStringsArray | Prisma.Sql, values: unknown[]) => {
      const query = 'raw' in statement ? Prisma.sql(statement, ...values) : statement;
      const { text } = query;
      return runner.query({
        name: nameOf({ sql: text, args: query.values }),
        text,
        values: query.values,
        types: PARSERS,
      });
    };
    return {
      $queryRaw: async <Rows>(statement: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
        (await run(statement, values)).rows as Rows,
      $executeRaw: async (statement, ...values) => (await run(statement, values)).rowCount ?? 0,
    };
  };
  return {
    ...on(pool),
    async transaction(work) {
      const client = await pool.connect();
      let broken = false;
      let committed: Promise<unknown> | null = null;
      // A session that ends under a transaction says so in the statement that fails; nobody else need hear of it.
      const noteBroken = (): void => void (broken = true);
      client.on('error', noteBroken);
      const statements = on(client);
      const tx: TransactionStatements = {
        $queryRaw: (...statement) => together(client, () => statements.$queryRaw(...statement)),
        $executeRaw: (...statement) => together(client, () => statements.$executeRaw(...statement)),
        async $executeLast(...statement) {
          const last = together(client, () => statements.$executeRaw(...statement));
          // Behind a statement that has failed this is a ROLLBACK, and Postgres says so without an error.
          committed = client.query('COMMIT');
          committed.catch(() => undefined);
          return last;
        },
      };
      try {
        const began = together(client, () => client.query('BEGIN'));
        began.catch(noteBroken);
        const result = await work(tx);
        await began;
        await (committed ?? client.query('COMMIT'));
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(noteBroken);
        throw error;
      } finally {
        client.removeListener('error', noteBroken);
        client.release(broken);
      }
    },
  };
}

/** Lets statements that are sent in one go leave in one write: each write is a call of the system, and those add up. */
function together<T>(client: PoolClient, send: () => T): T {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  return send();
}
