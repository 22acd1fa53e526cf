import { Router, text, type Request, type Response } from 'express';
import type { Fault, FaultBoard } from '../faults';
import { decodeForm, dropConnection, randomId, type Form, type Log } from '../http';
import type { Change, Journal } from '../journal';
import type { Ledger } from '../ledger';
import type { Timers } from '../timers';
import { stripeControl } from './control';
import { apiError, refusalForCode, StripeRefusal } from './errors';
import { StripeEvents, type EventCause } from './events';
import { fingerprintOf, IdempotencyLayer } from './idempotency';
import { chargeObject, paymentIntentObject } from './objects';
import { paymentByCharge, paymentById, paymentFromForm } from './payments';
import { StripeRefunds } from './refunds';
import { openStripeState, type StripeAnswer, type StripeState } from './state';

export { stripeSignature } from './events';

/** Names that a fault's `operation` may have. */
export const STRIPE_OPERATIONS = [
  'refund.create',
  'refund.retrieve',
  'refund.list',
  'refund.cancel',
  'payment_intent.create',
  'payment_intent.retrieve',
  'charge.retrieve',
] as const;

type Operation = (typeof STRIPE_OPERATIONS)[number];

const SLOW_MS = 1_000;

/** What the server gives each provider. */
export interface ProviderParts {
  readonly journal: Journal;
  readonly faults: FaultBoard;
  readonly ledger: Ledger;
  readonly timers: Timers;
  readonly log: Log;
}

/** A provider's routes, and what the server needs of it around them. */
export interface StripeStandIn {
  readonly routes: Router;
  readonly control: Router;
  readonly events: StripeEvents;
  /** Takes up what a stopped process left unfinished. */
  resume(): void;
}

/** One call on its way through the stand-in. */
interface Exchange {
  readonly operation: Operation;
  readonly request: Request;
  readonly response: Response;
  readonly requestId: string;
  readonly form: Form;
}

/** What a write has prepared. */
interface Prepared {
  readonly answer: StripeAnswer;
  readonly changes: readonly Change[];
  committed(): void;
}

/** Builds the Stripe stand-in: the part of Stripe's v1 API that a refund needs. */
export function createStripe(parts: ProviderParts): StripeStandIn {
  const state = openStripeState(parts.journal);
  const events = new StripeEvents(state, parts.timers, parts.log);
  const refunds = new StripeRefunds(state, parts.ledger, events, parts.timers);
  const idempotency = new IdempotencyLayer(state);
  const calls = new StripeCalls(state, parts, idempotency);

  const routes = Router();
  routes.use(text({ type: () => true, limit: '256kb' }));
  routes.post('/refunds', (request, response) =>
    calls.write('refund.create', request, response, (exchange, cause, answerFault) => {
      const order = refunds.readOrder(exchange.form);
      return () => {
        const call = calls.describe(exchange, true);
        const work = refunds.create(order, cause, answerFault, parts.faults.takeForWebhook(call));
        return { ...work, answer: { status: 200, body: refunds.presentWork(work) } };
      };
    }),
  );
  routes.get('/refunds', (request, response) =>
    calls.read('refund.list', request, response, (form) => refunds.list(form)),
  );
  routes.get('/refunds/:id', (request, response) =>
    calls.read('refund.retrieve', request, response, () => refunds.present(refunds.byId(request.params.id))),
  );
  routes.post('/refunds/:id/cancel', (request, response) =>
    calls.write('refund.cancel', request, response, (_exchange, cause) => {
      const refund = refunds.byId(request.params.id);
      return () => {
        const work = refunds.cancel(refund, cause);
        return { ...work, answer: { status: 200, body: refunds.presentWork(work) } };
      };
    }),
  );
  routes.post('/payment_intents', (request, response) =>
    calls.write('payment_intent.create', request, response, (exchange) => {
      const payment = paymentFromForm(exchange.form);
      return () => ({
        answer: { status: 200, body: paymentIntentObject(payment) },
        changes: [state.payments.put(payment.id, payment)],
        committed: () => undefined,
      });
    }),
  );
  routes.get('/payment_intents/:id', (request, response) =>
    calls.read('payment_intent.retrieve', request, response, () =>
      paymentIntentObject(paymentById(state, request.params.id, 'intent', 404)),
    ),
  );
  routes.get('/charges/:id', (request, response) =>
    calls.read('charge.retrieve', request, response, () =>
      chargeObject(paymentByCharge(state, request.params.id, 'id', 404)),
    ),
  );
  routes.use((request, response) => {
    calls.unknownUrl(request, response);
  });

  return {
    routes,
    control: stripeControl({ state, refunds, events, idempotency }),
    events,
    resume: () => {
      refunds.resume();
      events.resume();
    },
  };
}

/** What every call of Stripe's API has in common: credentials, request ids, faults, idempotency, error shapes. */
class StripeCalls {
  constructor(
    private readonly state: StripeState,
    private readonly parts: ProviderParts,
    private readonly idempotency: IdempotencyLayer,
  ) {}

  /** How faults see this call. */
  describe(exchange: Exchange, commits: boolean) {
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
