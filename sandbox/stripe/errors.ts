import type { StripeAnswer } from './state';

/** The inside of Stripe's error body. */
export interface StripeErrorBody {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
  readonly charge?: string;
}

/**
 * An error answer. `stored` says whether an idempotency key keeps it: execution had begun. What is refused before that
 * (keys, rate limits, parameters) is not kept, so that the same key may be used again.
 */
export class StripeRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: StripeErrorBody,
    readonly stored = false,
  ) {
    super(error.message);
  }

  /** The answer on the wire. */
  get answer(): StripeAnswer {
    return { status: this.status, body: { error: this.error } };
  }
}

/** A parameter that is missing or wrong: 400, not stored. */
export function invalidParameter(param: string, message: string, code?: string): StripeRefusal {
  return new StripeRefusal(400, {
    type: 'invalid_request_error',
    ...(code === undefined ? {} : { code }),
    message,
    param,
  });
}

/** An object that does not exist: 404 when the path names it, 400 when a parameter does. */
export function resourceMissing(kind: string, id: string, param: string, status: 400 | 404): StripeRefusal {
  return new StripeRefusal(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });
}

/** A refusal by the charge's own state: 400, stored for the key. */
export function chargeRefuses(chargeId: string, message: string, code?: string, param?: string): StripeRefusal {
  return new StripeRefusal(
    400,
    {
      type: 'invalid_request_error',
      ...(code === undefined ? {} : { code }),
      message,
      ...(param === undefined ? {} : { param }),
      charge: chargeId,
    },
    true,
  );
}

/** The server's own failure. */
export function apiError(status = 500): StripeRefusal {
  return new StripeRefusal(
    status,
    { type: 'api_error', message: 'An error occurred while processing your request. (sandbox fault)' },
    true,
  );
}

/**
 * The refusal that an `error:<code>` fault asks for: the HTTP status and type that Stripe gives the code. A number from 400
 * to 599 asks for that HTTP status alone.
 */
export function refusalForCode(code: string): StripeRefusal {
  const message = `Sandbox fault: ${code}.`;
  if (/^[45]\d\d$/.test(code)) {
    const status = Number(code);
    return status >= 500
      ? apiError(status)
      : new StripeRefusal(status, { type: 'invalid_request_error', message }, status === 400 || status === 404);
  }
  switch (code) {
    case 'rate_limit':
    case 'lock_timeout':
      return new StripeRefusal(429, { type: 'invalid_request_error', code, message });
    case 'idempotency_key_in_use':
      return new StripeRefusal(409, { type: 'idempotency_error', code, message });
    case 'idempotency_error':
      return new StripeRefusal(400, { type: 'idempotency_error', message });
    case 'invalid_api_key':
      return new StripeRefusal(401, { type: 'invalid_request_error', message });
    case 'api_key_expired':
      return new StripeRefusal(401, { type: 'invalid_request_error', code, message });
    case 'more_permissions_required':
    case 'platform_account_required':
      return new StripeRefusal(403, { type: 'invalid_request_error', code, message });
    case 'resource_missing':
      return new StripeRefusal(404, { type: 'invalid_request_error', code, message });
    case 'card_declined':
      return new StripeRefusal(402, { type: 'card_error', code, message }, true);
    default:
      return new StripeRefusal(400, { type: 'invalid_request_error', code, message }, true);
  }
}
