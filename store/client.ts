import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient, type Prisma } from './generated/prisma/client';

/** The database, or a transaction on it: what every function of this folder takes first. */
export type Db = Prisma.TransactionClient;

export interface DatabaseOptions {
  databaseUrl: string;
  /** Connections of this process. Each open transaction holds one. */
  maxConnections: number;
  /** How long a caller waits for a free connection before it is told that the database is busy. */
  connectTimeoutMs: number;
  applicationName: string;
}

/**
 * Opens a lazily connecting client. Sessions end transactions that idle (a frozen writer must not block a chain) and
 * statements that run away; both surface as errors that callers may retry.
 */
export function openDatabase(options: DatabaseOptions): PrismaClient {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    application_name: options.applicationName,
    idle_in_transaction_session_timeout: 10_000,
    statement_timeout: 20_000,
  });
  // A connection that dies while the pool hands it over has nobody who listens, and an unheard error ends the process.
  // Whoever gets it learns of its death from the first query.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  const adapter = new PrismaPg(pool, { statementNameGenerator: createStatementNames(), disposeExternalPool: true });
  // The short format, because the long one quotes the arguments of a failed query.
  return new PrismaClient({ adapter, errorFormat: 'minimal', transactionOptions: { maxWait: 5_000, timeout: 10_000 } });
}

/** Statements that a session keeps prepared; later ones, such as lists of ever other lengths, are parsed each time. */
const MAX_PREPARED = 300;

/**
 * Names statements by their text, so that each session parses and plans them once. Those without parameters stay
 * unnamed: BEGIN and COMMIT cost less that way.
 */
function createStatementNames(): (query: { sql: string; args: readonly unknown[] }) => string {
  const names = new Map<string, string>();
  return ({ sql, args }) => {
    if (args.length === 0) return '';
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_PREPARED) return '';
    const name = `redress_${names.size + 1}`;
    names.set(sql, name);
    return name;
  };
}

export type Database = ReturnType<typeof openDatabase>;

/** Minor units come back as bigint; everything above is a number. Throws RangeError beyond 2^53 − 1. */
export function toMinor(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('An amount exceeds what can be counted exactly.');
  return number;
}

/** Instants cross the border of this folder as ISO 8601 with Z. */
export const toIso = (value: Date): string => value.toISOString();
export const toIsoOrNull = (value: Date | null): string | null => value?.toISOString() ?? null;
