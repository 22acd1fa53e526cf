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
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Statements run in the order
   * they are stated in, so `work` may state several before it awaits them; when one fails, so do those behind it.
   */
  transaction<T>(work: (tx: Statements) => Promise<T>): Promise<T>;
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
      // A session that ends under a transaction says so in the statement that fails; nobody else need hear of it.
      const noteBroken = (): void => void (broken = true);
      client.on('error', noteBroken);
      try {
        // Leaves with the first statement. It fails only with its connection, and then so does all that is behind it.
        const begun = client.query('BEGIN');
        begun.catch(noteBroken);
        const result = await work(on(client));
        await begun;
        await client.query('COMMIT');
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
