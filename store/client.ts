import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient, type Prisma } from './generated/prisma/client';
import { directStatements, type DirectStatements, type Statements, type TransactionStatements } from './statements';

/** The database, or a transaction on it: what every function of this folder takes first. */
export type Db = Prisma.TransactionClient;

export interface DatabaseOptions {
  databaseUrl: string;
  /** Connections of this process. Each open transaction holds one. */
  maxConnections: number;
  /** How long a caller waits for a free connection before it is told that the database is busy. */
  connectTimeoutMs: number;
  applicationName: string;
  /**
   * Plans each statement once a session, whatever its values: for a process that runs the same few statements for ever, none of
   * which is read differently for other values. @default false
   */
  planOnce?: boolean;
}

/** A new session logs in, reads the catalogue and plans every statement anew, so one outlives a quiet spell. */
const KEEP_IDLE_MS = 600_000;

/**
 * Opens a lazily connecting client. Sessions end transactions that idle (a frozen writer must not block a chain) and
 * statements that run away; both surface as errors that callers may retry.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: KEEP_IDLE_MS,
    // Statements that do not rest on each other's answers leave together: each round trip costs as much as a small one.
    pipeline: true,
    application_name: options.applicationName,
    ...(options.planOnce ? { options: '-c plan_cache_mode=force_generic_plan' } : {}),
    idle_in_transaction_session_timeout: 10_000,
    statement_timeout: 20_000,
  });
  // The pool replaces an idle session that ends; without a listener its end would be the end of the process.
  pool.on('error', () => undefined);
  // A connection that dies while the pool hands it over has nobody who listens, and an unheard error ends the process.
  // Whoever gets it learns of its death from the first query.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  const statementNameGenerator = createStatementNames();
  return new DatabaseClient(pool, statementNameGenerator);
}

type StatementNames = (query: { sql: string; args: readonly unknown[] }) => string;

/** The direct ways of clients. Not a property of theirs: Prisma's transactions would inherit it and step outside. */
const directWays = new WeakMap<object, DirectStatements>();

/** The shortest way to run statements on `db`: past Prisma's engine for a client, as it is for a transaction. */
export const direct = (db: Statements): Statements => directWays.get(db) ?? db;

/** Runs `work` in one transaction of plain statements: committed when it resolves, rolled back when it throws. */
export const inTransaction = <T>(db: Database, work: (tx: TransactionStatements) => Promise<T>): Promise<T> =>
  directWays.get(db)?.transaction(work) ??
  db.$transaction((tx) =>
    work({
      $queryRaw: (...statement) => tx.$queryRaw(...statement),
      $executeRaw: (...statement) => tx.$executeRaw(...statement),
      $executeLast: (...statement) => tx.$executeRaw(...statement),
    }),
  );

/** Prisma's client on a pool that the direct way shares and that ends with the client. */
class DatabaseClient extends PrismaClient {
  readonly #pool: Pool;

  constructor(pool: Pool, statementNameGenerator: StatementNames) {
    super({
      adapter: new PrismaPg(pool, { statementNameGenerator }),
      // The short format, because the long one quotes the arguments of a failed query.
      errorFormat: 'minimal',
      transactionOptions: { maxWait: 5_000, timeout: 10_000 },
    });
    directWays.set(this, directStatements(pool, statementNameGenerator));
    this.#pool = pool;
  }

  override async $disconnect(): Promise<void> {
    await super.$disconnect();
    if (!this.#pool.ended) await this.#pool.end();
  }
}

/** Statements that a session keeps prepared; later ones, such as lists of ever other lengths, are parsed each time. */
const MAX_PREPARED = 300;

/**
 * Names statements by their text, so that each session parses and plans them once. Those without parameters stay
 * unnamed: BEGIN and COMMIT cost less that way.
 */
function createStatementNames(): StatementNames {
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

export type Database = PrismaClient;

/** Minor units come back as bigint; everything above is a number. Throws RangeError beyond 2^53 − 1. */
export function toMinor(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('An amount exceeds what can be counted exactly.');
  return number;
}

/** Instants cross the border of this folder as ISO 8601 with Z. */
export const toIso = (value: Date): string => value.toISOString();
export const toIsoOrNull = (value: Date | null): string | null => value?.toISOString() ?? null;
