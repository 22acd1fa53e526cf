import { Router } from 'express';
import { isLoopbackUrl, refuseControl } from '../http';
import { DISPUTE_STATUSES, type StripeDisputes } from './disputes';
import type { StripeEvents } from './events';
import type { IdempotencyLayer } from './idempotency';
import { API_VERSION } from './events';
import { capturedPayment } from './payments';
import type { StripeRefunds } from './refunds';
import type { PaymentRow, RefundStatus, StripeState } from './state';

const STATUSES: readonly RefundStatus[] = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'];

/** The parts that the control routes steer. */
export interface StripeControlParts {
  readonly state: StripeState;
  readonly refunds: StripeRefunds;
  readonly disputes: StripeDisputes;
  readonly events: StripeEvents;
  readonly idempotency: IdempotencyLayer;
}

/** The control routes under /control/stripe: seeding, the webhook endpoint, and what Stripe's dashboard would do. */
export function stripeControl({ state, refunds, disputes, events, idempotency }: StripeControlParts): Router {
  const router = Router();

  router.post('/payment_intents', (request, response) => {
    const wanted = readPayment(request.body);
    if (typeof wanted === 'string') return refuseControl(response, 400, wanted);
    const known = state.payments.get(wanted.id);
    if (known !== undefined) {
      const same = known.amountMinor === wanted.amountMinor && known.currency === wanted.currency;
      if (!same) return refuseControl(response, 409, `${wanted.id} exists with another amount or currency`);
      response.json(summary(known));
      return;
    }
    state.journal.commit(state.payments.put(wanted.id, wanted));
    response.status(201).json(summary(wanted));
  });

  router.post('/webhook_endpoint', (request, response) => {
    const { url, secret, speed } = record(request.body);
    if (typeof url !== 'string' || !isLoopbackUrl(url)) {
      return refuseControl(response, 400, 'url must be an http(s) URL on this machine (127.0.0.1, localhost, [::1])');
    }
    if (typeof secret !== 'string' || secret === '') return refuseControl(response, 400, 'secret must be a text');
    if (speed !== undefined && !(typeof speed === 'number' && speed >= 1)) {
      return refuseControl(response, 400, 'speed must be a number of at least 1');
    }
    events.register({ url, secret, ...(speed === undefined ? {} : { speed }) });
    response.json({ url });
  });

  router.get('/webhook_endpoint', (_request, response) => {
    response.json({ url: events.endpoint()?.url ?? null });
  });

  router.get('/webhook_attempts', (_request, response) => {
    response.json(events.recentAttempts());
  });

  router.post('/refunds/:id/status', (request, response) => {
    const { status, failureReason } = record(request.body);
    const to = STATUSES.find((candidate) => candidate === status);
    const refund = state.refunds.get(request.params.id);
    if (refund === undefined) return refuseControl(response, 404, 'no such refund');
    if (to === undefined) return refuseControl(response, 400, `status must be one of: ${STATUSES.join(', ')}`);
    const cause = { requestId: null, idempotencyKey: null };
    const reason = typeof failureReason === 'string' ? failureReason : undefined;
    const work = refunds.changeStatus(refund, to, cause, reason);
    if (work.payment.refundedMinor > work.payment.amountMinor) {
      return refuseControl(response, 409, 'the charge has no such amount left');
    }
    state.journal.commit(...work.changes);
    work.committed();
    response.json(refunds.present(work.refund));
  });

  router.post('/disputes', (request, response) => {
    const { paymentId, amountMinor, status = 'needs_response', reason = 'general' } = record(request.body);
    const payment = state.payments.get(String(paymentId));
    if (payment === undefined) return refuseControl(response, 404, 'no such payment');
    const opening = DISPUTE_STATUSES.find((candidate) => candidate === status);
    const amount = amountMinor === undefined ? payment.amountMinor : Number(amountMinor);
    if (opening === undefined || typeof reason !== 'string') {
      return refuseControl(response, 400, `status must be one of: ${DISPUTE_STATUSES.join(', ')}`);
    }
    if (!Number.isSafeInteger(amount) || amount < 1 || amount > payment.amountMinor) {
      return refuseControl(response, 400, 'amountMinor must be within the payment');
    }
    response.status(201).json(disputes.open(payment, amount, opening, reason));
  });

  router.post('/disputes/:id/status', (request, response) => {
    const dispute = state.disputes.get(request.params.id);
    const to = DISPUTE_STATUSES.find((candidate) => candidate === record(request.body)['status']);
    if (dispute === undefined) return refuseControl(response, 404, 'no such dispute');
    if (to === undefined) return refuseControl(response, 400, `status must be one of: ${DISPUTE_STATUSES.join(', ')}`);
    response.json(disputes.changeStatus(dispute, to));
  });

  router.post('/forged_event', async (request, response) => {
    const { refundId, type, timestampOffsetSeconds, secret, alter } = record(request.body);
    const refund = state.refunds.get(String(refundId));
    if (refund === undefined) return refuseControl(response, 404, 'no such refund');
    if (events.endpoint() === undefined) return refuseControl(response, 409, 'no webhook endpoint is registered');
    const body = JSON.stringify({
      id: `evt_forged${refund.id.slice(3)}`,
      object: 'event',
      api_version: API_VERSION,
      created: refund.createdAtSeconds,
      data: { object: refunds.present(refund) },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: typeof type === 'string' ? type : 'refund.updated',
    });
    const receiverStatus = await events.forge(body, {
      timestampOffsetSeconds: Number(timestampOffsetSeconds ?? 0),
      ...(typeof secret === 'string' ? { secret } : {}),
      alter: alter === true,
    });
    response.json({ receiverStatus });
  });

  router.delete('/idempotency_keys', (_request, response) => {
    idempotency.forgetAll();
    response.status(204).end();
  });

  return router;
}

function record(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function summary(payment: PaymentRow): Record<string, unknown> {
  const { id, chargeId, amountMinor, refundedMinor } = payment;
  return { id, chargeId, amountMinor, refundedMinor, currency: payment.currency.toUpperCase() };
}

function readPayment(body: unknown): PaymentRow | string {
  const { id, amountMinor, currency, paymentMethodType, disputed } = record(body);
  if (typeof id !== 'string' || !/^pi_\w{1,60}$/.test(id)) return 'id must look like pi_…';
  if (!Number.isSafeInteger(amountMinor) || Number(amountMinor) < 1) return 'amountMinor must be a positive integer';
  if (typeof currency !== 'string' || !/^[A-Za-z]{3}$/.test(currency)) return 'currency must be an ISO 4217 code';
  if (
    paymentMethodType !== undefined &&
    (typeof paymentMethodType !== 'string' || !/^[a-z_]+$/.test(paymentMethodType))
  ) {
    return 'paymentMethodType must be a Stripe payment method type';
  }
  if (disputed !== undefined && typeof disputed !== 'boolean') return 'disputed must be true or false';
  return capturedPayment({
    id,
    amountMinor: Number(amountMinor),
    currency,
    ...(paymentMethodType === undefined ? {} : { paymentMethodType }),
    ...(disputed === undefined ? {} : { disputed }),
  });
}
