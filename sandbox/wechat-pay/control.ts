import { Router } from 'express';
import { isLoopbackUrl, refuseControl } from '../http';
import type { WeChatPayCredentials } from './credentials';
import { forge, FORGERIES } from './forgeries';
import type { WeChatPayNotifications } from './notifications';
import { digits, type WeChatPayRefunds } from './refunds';
import { settingsOf, type PaymentRow, type RefundStatus, type WeChatPayState } from './state';

const STATUSES: readonly RefundStatus[] = ['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'];
const DAY_MS = 86_400_000;

/** The parts that the control routes steer. */
export interface WeChatPayControlParts {
  readonly state: WeChatPayState;
  readonly refunds: WeChatPayRefunds;
  readonly notifications: WeChatPayNotifications;
  readonly credentials: () => WeChatPayCredentials;
}

/** The control routes under /control/wechat_pay. */
export function weChatPayControl({ state, refunds, notifications, credentials }: WeChatPayControlParts): Router {
  const router = Router();

  router.get('/credentials', (_request, response) => {
    response.json(credentials());
  });

  router.post('/payments', (request, response) => {
    const wanted = readPayment(request.body);
    if (typeof wanted === 'string') return refuseControl(response, 400, wanted);
    const known = state.payments.get(wanted.transactionId);
    if (known !== undefined) {
      if (known.amountFen !== wanted.amountFen) return refuseControl(response, 409, 'it exists with another amount');
      response.json(known);
      return;
    }
    state.journal.commit(state.payments.put(wanted.transactionId, wanted));
    response.status(201).json(wanted);
  });

  router.post('/notify_endpoint', (request, response) => {
    const { url } = record(request.body);
    if (typeof url !== 'string' || !isLoopbackUrl(url)) {
      return refuseControl(response, 400, 'url must be an http(s) URL on this machine (127.0.0.1, localhost, [::1])');
    }
    state.journal.commit(state.endpoints.put('webhook', { url }));
    response.json({ url });
  });

  router.post('/settings', (request, response) => {
    const settings = { ...settingsOf(state) } as Record<string, number | null>;
    for (const [name, value] of Object.entries(record(request.body))) {
      const valid = (name === 'balanceFen' && value === null) || (Number.isFinite(value) && Number(value) >= 0);
      if (!Object.hasOwn(settings, name) || !valid || (name === 'speed' && value === 0)) {
        return refuseControl(response, 400, `settings are ${Object.keys(settings).join(', ')}: numbers from 0`);
      }
      settings[name] = value as number | null;
    }
    state.journal.commit(state.settings.put('now', settings as unknown as ReturnType<typeof settingsOf>));
    response.json(settings);
  });

  router.get('/notification_attempts', (_request, response) => {
    response.json(notifications.recentAttempts());
  });

  router.post('/refunds/:number/status', (request, response) => {
    const refund = state.refunds.get(request.params.number);
    const to = STATUSES.find((status) => status === record(request.body)['status']);
    if (refund === undefined) return refuseControl(response, 404, 'no such refund');
    if (to === undefined) return refuseControl(response, 400, `status must be one of: ${STATUSES.join(', ')}`);
    const work = refunds.changeStatus(refund, to);
    if (work.payment.refundedFen > work.payment.amountFen) {
      return refuseControl(response, 409, 'the payment has no such amount left');
    }
    state.journal.commit(...work.changes);
    work.committed();
    response.json(refunds.present(work));
  });

  router.post('/forged_notification', async (request, response) => {
    const { outRefundNo, forgery } = record(request.body);
    const refund = state.refunds.get(String(outRefundNo));
    const payment = refund === undefined ? undefined : state.payments.get(refund.transactionId);
    const kind = FORGERIES.find((candidate) => candidate === forgery);
    if (refund === undefined || payment === undefined) return refuseControl(response, 404, 'no such refund');
    if (kind === undefined) return refuseControl(response, 400, `forgery must be one of: ${FORGERIES.join(', ')}`);
    if (refund.notifyUrl === null) return refuseControl(response, 409, 'the refund has no notify_url');
    const notice = refunds.notice(refund, payment, credentials().merchantId);
    const { body } = notifications.compose(`REFUND.${refund.status}`, notice);
    const answer = await forge(kind, refund.notifyUrl, body, credentials());
    response.json({ receiverStatus: answer.status, receiverBody: answer.body });
  });

  return router;
}

function record(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function readPayment(body: unknown): PaymentRow | string {
  const { transactionId, outTradeNo, amountMinor, paidDaysAgo } = record(body);
  const id = transactionId ?? `42000${digits(23)}`;
  if (typeof id !== 'string' || !/^4\d{27}$/.test(id)) return 'transactionId must have 28 digits and begin with 4';
  const order = outTradeNo ?? `T${id.slice(-20)}`;
  if (typeof order !== 'string' || !/^[\w\-|*]{6,32}$/.test(order)) return 'outTradeNo must have 6 to 32 characters';
  if (!Number.isSafeInteger(amountMinor) || Number(amountMinor) < 1) return 'amountMinor must be a positive integer';
  if (paidDaysAgo !== undefined && !(Number(paidDaysAgo) >= 0)) return 'paidDaysAgo must be a number from 0';
  return {
    transactionId: id,
    outTradeNo: order,
    amountFen: Number(amountMinor),
    refundedFen: 0,
    refundCount: 0,
    lastRefundAtMs: null,
    paidAtMs: Date.now() - Number(paidDaysAgo ?? 0) * DAY_MS,
  };
}
