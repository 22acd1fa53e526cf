import type { Request, Response } from 'express';
import type { Call, Fault } from '../faults';
import { decodeForm, dropConnection, randomId, type Form } from '../http';
import type { Change } from '../journal';
import type { ProviderParts } from '../provider-parts';
import { apiError, refusalForCode, StripeRefusal } from './errors';
import type { EventCause } from './events';
import { fingerprintOf, type IdempotencyLayer } from './idempotency';
import type { StripeAnswer, StripeState } from './state';

/** Names that a fault's `operation` may have. */
export const STRIPE_OPERATIONS = [
  'refund.create',
  'refund.retrieve',
  'refund.list',
  'refund.cancel',
  'payment_intent.create',
  'payment_intent.retrieve',
  'charge.retrieve',
  'balance_transaction.list',
] as const;

type Operation = (typeof STRIPE_OPERATIONS)[number];

const SLOW_MS = 1_000;

/** One call on its way through the stand-in. */
export interface Exchange {
  readonly operation: Operation;
  readonly request: Request;
  readonly response: Response;
  readonly requestId: string;
  readonly form: Form;
}

/** What a write has prepared. */
export interface Prepared {
  readonly answer: StripeAnswer;
  readonly changes: readonly Change[];
  committed(): void;
}

/** What every call of Stripe's API has in common: credentials, request ids, faults, idempotency, error shapes. */
export class StripeCalls {
  constructor(
    private readonly state: StripeState,
    private readonly parts: ProviderParts,
    private readonly idempotency: IdempotencyLayer,
  ) {}

  /** How faults see this call. */
  describe(exchange: Exchange, commits: boolean): Call {
    const { form, request, operation } = exchange;
    const metadata = form['metadata'];
    const refund = this.state.refunds.get(String(request.params['id'] ?? ''));
    const references = [
      typeof metadata === 'object' ? metadata['reference'] : undefined,
      request.get('idempotency-key'),
      refund?.reference,
      refund?.idempotencyKey,
    ].filter((reference) => typeof reference === 'string');
    return { provider: 'stripe', operation, references, commits };
  }

  /** A call that changes nothing. */
  async read(
    operation: Operation,
    request: Request,
    response: Response,
    answer: (form: Form) => Record<string, unknown>,
  ): Promise<void> {
    const exchange = this.open(operation, request, response, decodeForm(new URL(request.url, 'http://x').search));
    await this.guard(exchange, async () => {
      const fault = this.parts.faults.takeForAnswer(this.describe(exchange, false));
      if (fault?.name === 'drop-before-commit') return dropConnection(response);
      if (fault?.name === 'slow' || fault?.name === 'slow-before-commit') await this.pause(fault);
      if (fault?.name === '5xx') throw apiError();
      if (fault?.name === 'error') throw refusalForCode(fault.argument ?? '');
      if (fault?.name === 'unreadable-answer') return sendProxyPage(response);
      this.send(exchange, { status: 200, body: answer(exchange.form) });
    });
  }

  /**
   * A call that commits something.
   * @param prepare checks the parameters and returns the execution; only what the execution answers is stored for the key
   */
  async write(
    operation: Operation,
    request: Request,
    response: Response,
    prepare: (exchange: Exchange, cause: EventCause, answerFault: Fault | undefined) => () => Prepared,
  ): Promise<void> {
    const body: unknown = request.body;
    const exchange = this.open(operation, request, response, decodeForm(typeof body === 'string' ? body : ''));
    await this.guard(exchange, async () => {
      const fault = this.parts.faults.takeForAnswer(this.describe(exchange, true));
      const injected = fault?.name === 'error' ? refusalForCode(fault.argument ?? '') : undefined;
      if (injected !== undefined && !injected.stored) throw injected;
      if (fault?.name === 'slow-before-commit') await this.pause(fault);
      if (fault?.name === 'drop-before-commit') return dropConnection(response);

      const givenKey = request.get('idempotency-key');
      const key = givenKey === undefined ? undefined : `${request.get('stripe-account') ?? ''}/${givenKey}`;
      const fingerprint = fingerprintOf(request.method, request.originalUrl, exchange.form);
      if (givenKey !== undefined) response.set('Idempotency-Key', givenKey);
      const stored = key === undefined ? undefined : this.idempotency.find(key, fingerprint);
      if (stored !== undefined) {
        if (fault?.name === 'slow') await this.pause(fault);
        if (fault?.name === 'drop-after-commit') return dropConnection(response);
        response.set({ 'Idempotent-Replayed': 'true', 'Original-Request': stored.requestId });
        this.send(exchange, stored);
        return;
      }

      const execute = prepare(exchange, { requestId: exchange.requestId, idempotencyKey: givenKey ?? null }, fault);
      const release = key === undefined ? () => undefined : this.idempotency.lock(key);
      try {
        const answer = this.commit(execute, fault, injected, (final) =>
          key === undefined ? [] : [this.idempotency.store(key, fingerprint, exchange.requestId, final)],
        );
        if (fault?.name === 'slow') await this.pause(fault);
        if (fault?.name === 'drop-after-commit') return dropConnection(response);
        if (fault?.name === 'unreadable-answer') return sendProxyPage(response);
        this.send(exchange, answer);
      } finally {
        release();
      }
    });
  }

  /** Stripe's 404 for a path it does not have. */
  unknownUrl(request: Request, response: Response): void {
    response.status(404).json({
      error: {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${request.method}: ${request.originalUrl.split('?')[0]}).`,
      },
    });
  }

  private commit(
    execute: () => Prepared,
    fault: Fault | undefined,
    injected: StripeRefusal | undefined,
    store: (answer: StripeAnswer) => Change[],
  ): StripeAnswer {
    try {
      if (injected !== undefined) throw injected;
      if (fault?.name === '5xx') throw apiError();
      const prepared = execute();
      const answer = fault?.name === '5xx-after-commit' ? apiError().answer : prepared.answer;
      this.state.journal.commit(...prepared.changes, ...store(answer));
      prepared.committed();
      return answer;
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      if (error.stored) this.state.journal.commit(...store(error.answer));
      return error.answer;
    }
  }

  private open(operation: Operation, request: Request, response: Response, form: Form): Exchange {
    const requestId = randomId('req_', 14);
    response.set('Request-Id', requestId);
    const version = request.get('stripe-version');
    if (version !== undefined) response.set('Stripe-Version', version);
    return { operation, request, response, requestId, form };
  }

  private async guard(exchange: Exchange, work: () => Promise<void>): Promise<void> {
    try {
      checkKey(exchange.request.get('authorization'));
      await work();
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      this.send(exchange, error.answer);
    }
  }

  private send(exchange: Exchange, answer: StripeAnswer): void {
    const { response, operation, requestId } = exchange;
    // Lock timeouts heal by themselves; Stripe tells its libraries so.
    if (answer.status === 429 && JSON.stringify(answer.body).includes('lock_timeout')) {
      response.set('Stripe-Should-Retry', 'true');
    }
    response.status(answer.status).json(answer.body);
    this.parts.log(`stripe ${operation} ${requestId} ${answer.status}`);
  }

  private pause(fault: Fault): Promise<void> {
    return this.parts.timers.sleep(fault.delayMs ?? SLOW_MS);
  }
}

/** What a network answers instead of the provider. */
function sendProxyPage(response: Response): void {
  response.status(200).type('html').send('<html><h1>Please sign in to this network</h1></html>');
}

/** Accepts any test key: `Authorization: Bearer sk_test_…`. */
function checkKey(authorization: string | undefined): void {
  const key = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (key === undefined) {
    throw new StripeRefusal(401, {
      type: 'invalid_request_error',
      message:
        "You did not provide an API key. Provide it in the Authorization header: 'Authorization: Bearer YOUR_SECRET_KEY'.",
    });
  }
  if (!/^[rs]k_test_\w+$/.test(key)) {
    const shown = `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;
    throw new StripeRefusal(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${shown}` });
  }
}
