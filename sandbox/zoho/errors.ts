/** The statuses of Zoho's whole-request errors; every other code is a 400. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  INVALID_TOKEN: 401,
  AUTHENTICATION_FAILURE: 401,
  OAUTH_SCOPE_MISMATCH: 401,
  NO_PERMISSION: 403,
  INVALID_URL_PATTERN: 404,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_ERROR: 500,
};

/** Codes that Zoho reports for one record inside the body, while the other records go on. */
export const RECORD_ERROR_CODES: ReadonlySet<string> = new Set([
  'INVALID_DATA',
  'MANDATORY_NOT_FOUND',
  'DUPLICATE_DATA',
  'PATTERN_NOT_MATCHED',
  'LICENSE_LIMIT_EXCEEDED',
]);

/** An error of the whole request, in Zoho's shape. */
export class ZohoRefusal extends Error {
  readonly status: number;

  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = STATUS_OF_CODE[code] ?? 400;
  }

  /** The body on the wire. */
  get body(): Record<string, unknown> {
    return { code: this.code, details: this.details, message: this.message, status: 'error' };
  }
}

/** The result of one record of a request with many. */
export interface RecordResult {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly status: 'success' | 'error';
  readonly action?: 'insert' | 'update';
  readonly duplicate_field?: string | null;
}

/** A failed record. */
export function recordError(code: string, message: string, details: Record<string, unknown> = {}): RecordResult {
  return { code, details, message, status: 'error' };
}
