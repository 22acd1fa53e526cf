import { Router, text } from 'express';
import type { ProviderParts } from '../provider-parts';
import type { SettlementFaults } from '../settlement';
import { StripeBalanceTransactions } from './balance-transactions';
import { StripeCalls } from './calls';
import { stripeControl } from './control';
import { StripeDisputes } from './disputes';
import { StripeEvents } from './events';
import { IdempotencyLayer } from './idempotency';
import { chargeObject, paymentIntentObject } from './objects';
import { paymentByCharge, paymentById, paymentFromForm } from './payments';
import { StripeRefunds } from './refunds';
import { openStripeState } from './state';

export { STRIPE_OPERATIONS } from './calls';

/** A provider's routes, and what the server needs of it around them. */
export interface StripeStandIn {
  readonly routes: Router;
  readonly control: Router;
  readonly events: StripeEvents;
  /** Takes up what a stopped process left unfinished. */
  resume(): void;
}

/** Builds the Stripe stand-in: the part of Stripe's v1 API that a refund needs. */
export function createStripe(parts: ProviderParts, settlement: SettlementFaults): StripeStandIn {
  const state = openStripeState(parts.journal);
  const events = new StripeEvents(state, parts.timers, parts.log);
  const refunds = new StripeRefunds(state, parts.ledger, events, parts.timers);
  const balance = new StripeBalanceTransactions(state, settlement);
  const disputes = new StripeDisputes(state, events);
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
  routes.get('/balance_transactions', (request, response) =>
    calls.read('balance_transaction.list', request, response, (form) => balance.list(form)),
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
    control: stripeControl({ state, refunds, disputes, events, idempotency }),
    events,
    resume: () => {
      refunds.resume();
      events.resume();
    },
  };
}
