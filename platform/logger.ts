import { pino, type DestinationStream, type Level, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Which process writes: stands on every line. */
  process: string;
  level: Level | 'silent';
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** Fields that may hold credentials or personal data, wherever somebody logs an object that has them. */
const SENSITIVE = ['authorization', 'cookie', 'secret', 'token', 'password', 'email', 'phone', 'to', 'text'];

const REDACTED_PATHS = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["idempotency-key"]',
  'req.headers["stripe-signature"]',
  'res.headers["set-cookie"]',
  ...SENSITIVE.flatMap((field) => [field, `*.${field}`]),
  'customer.name',
  'person.name',
];

/**
 * JSON lines for machines. What is logged are ids, codes, counts and durations: never bodies, names or free text; the
 * redaction is the second line of defence. Errors keep class, message and stack, but nothing that hangs on them.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { process: options.process, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    serializers: { err: plainError, error: plainError },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

/** Errors of drivers and HTTP libraries carry whole requests with them; only what names the trouble is kept. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.cause === undefined ? {} : { cause: plainError(error.cause) }),
  };
}
