/** Prisma: cannot reach, time-out, closed connection, no free connection in the pool, no time for a transaction. */
const PRISMA_CODES = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);
/** The driver adapter's own words for the same. */
const ADAPTER_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
  'AuthenticationFailed',
  'DatabaseDoesNotExist',
  'DatabaseAccessDenied',
]);
/**
 * SQLSTATE: class 08 (connection), class 28 (our credentials), unknown database, admin shutdown, crash shutdown, cannot
 * connect now, too many connections.
 */
const SQL_STATE = /^(?:08\w{3}|28\w{3}|3D000|57P0[123]|53300)$/;
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);
/** What pg's client and pool say without a code. */
const PG_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

function* causes(error: unknown): Generator<Record<string, unknown>> {
  let current = error;
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth += 1) {
    yield current as Record<string, unknown>;
    const record = current as { cause?: unknown; meta?: { driverAdapterError?: unknown } };
    current = record.cause ?? record.meta?.driverAdapterError;
  }
}

/** Whether an error says that the database cannot be reached or is going down: worth a repeat, nobody's mistake. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (const layer of causes(error)) {
    const { code, errorCode, kind, originalCode, message } = layer;
    if ([code, errorCode].some((value) => PRISMA_CODES.has(String(value)))) return true;
    if (ADAPTER_KINDS.has(String(kind))) return true;
    if ([code, originalCode].some((value) => SQL_STATE.test(String(value)))) return true;
    if (NETWORK_CODES.has(String(code)) && 'syscall' in layer) return true;
    if (typeof message === 'string' && PG_WORDS.test(message)) return true;
  }
  return false;
}

/** SQLSTATE: serialization failure, deadlock detected. */
const CONFLICT_STATES = new Set(['40001', '40P01']);

/** Whether a transaction lost against another one and may simply be run again. */
export function isWriteConflict(error: unknown): boolean {
  for (const { code, kind, originalCode } of causes(error)) {
    if (code === 'P2034' || kind === 'TransactionWriteConflict') return true;
    if ([code, originalCode].some((value) => CONFLICT_STATES.has(String(value)))) return true;
  }
  return false;
}

/** Whether a unique constraint refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  for (const { code, kind, originalCode } of causes(error)) {
    if (code === 'P2002' || kind === 'UniqueConstraintViolation') return true;
    if ([code, originalCode].some((value) => value === '23505')) return true;
  }
  return false;
}
