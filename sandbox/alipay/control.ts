import { randomInt } from 'node:crypto';
import { Router } from 'express';
import { isLoopbackUrl, refuseControl } from '../http';
import type { AlipayNotifications } from './notifications';
import type { AlipayRefunds } from './refunds';
import { publicKeyOf, settingsOf, setUp } from './signatures';
import type { AlipayState, TradeRow } from './state';
import { beijing } from './wire';

/** The control routes under /control/alipay: seeding, keys, and what happens behind Alipay's doors. */
export function alipayControl(state: AlipayState, refunds: AlipayRefunds, notifications: AlipayNotifications): Router {
  const router = Router();

  router.get('/keys', (_request, response) => {
    const settings = settingsOf(state);
    response.json({ appId: settings.appId, alipayPublicKey: publicKeyOf(settings) });
  });

  router.post('/app', (request, response) => {
    const { appId, publicKey, notifyUrl, speed, refundIntervalMs } = record(request.body);
    if (typeof appId !== 'string' || !/^\d{10,32}$/.test(appId)) return refuseControl(response, 400, 'appId: digits');
    if (typeof publicKey !== 'string' || !publicKey.includes('PUBLIC KEY')) {
      return refuseControl(response, 400, 'publicKey must be PEM');
    }
    if (notifyUrl !== undefined && (typeof notifyUrl !== 'string' || !isLoopbackUrl(notifyUrl))) {
      return refuseControl(response, 400, 'notifyUrl must be an http(s) URL on this machine');
    }
    if (speed !== undefined && !(typeof speed === 'number' && speed >= 1)) {
      return refuseControl(response, 400, 'speed must be a number of at least 1');
    }
    if (refundIntervalMs !== undefined && !(typeof refundIntervalMs === 'number' && refundIntervalMs >= 0)) {
      return refuseControl(response, 400, 'refundIntervalMs must be a number from 0');
    }
    setUp(state, {
      appId,
      appPublicKey: publicKey,
      ...(notifyUrl === undefined ? {} : { notifyUrl }),
      ...(speed === undefined ? {} : { speed }),
      ...(refundIntervalMs === undefined ? {} : { refundIntervalMs }),
    });
    response.json({ appId, alipayPublicKey: publicKeyOf(settingsOf(state)) });
  });

  router.post('/trades', (request, response) => {
    const wanted = readTrade(request.body);
    if (typeof wanted === 'string') return refuseControl(response, 400, wanted);
    const known = state.trades.get(wanted.outTradeNo);
    if (known !== undefined && known.amountMinor !== wanted.amountMinor) {
      return refuseControl(response, 409, `${wanted.outTradeNo} exists with another amount`);
    }
    if (known === undefined) state.journal.commit(state.trades.put(wanted.outTradeNo, wanted));
    response.status(known === undefined ? 201 : 200).json(known ?? wanted);
  });

  router.get('/notification_attempts', (_request, response) => {
    response.json(notifications.recentAttempts());
  });

  router.post('/refunds/:reference/status', (request, response) => {
    const { status, errorCode } = record(request.body);
    const [refund] = refunds.byReference(request.params.reference);
    if (refund === undefined) return refuseControl(response, 404, 'no such refund');
    if (status !== 'succeeded' && status !== 'failed') {
      return refuseControl(response, 400, 'status must be succeeded or failed');
    }
    refunds.settle(refund, status, typeof errorCode === 'string' ? errorCode : undefined);
    response.json(refunds.byReference(request.params.reference)[0]);
  });

  router.post('/forged_notification', async (request, response) => {
    const { reference, alter, otherKey, timeOffsetSeconds } = record(request.body);
    const [refund] = refunds.byReference(String(reference));
    const trade = refund === undefined ? undefined : state.trades.get(refund.outTradeNo);
    if (refund === undefined || trade === undefined) return refuseControl(response, 404, 'no such refund');
    const answered = await notifications.forge(refund, trade, {
      alter: alter === true,
      otherKey: otherKey === true,
      timeOffsetSeconds: Number(timeOffsetSeconds ?? 0),
    });
    if (answered === null) return refuseControl(response, 409, 'nobody receives notifications');
    response.json({ receiverStatus: answered.status, receiverText: answered.text });
  });

  return router;
}

function record(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function readTrade(body: unknown): TradeRow | string {
  const { outTradeNo, tradeNo, amountMinor, notifyUrl, frozen, bankCard } = record(body);
  if (typeof outTradeNo !== 'string' || !/^\w{1,64}$/.test(outTradeNo)) return 'outTradeNo: letters, digits and _';
  if (tradeNo !== undefined && (typeof tradeNo !== 'string' || !/^20\d{26}$/.test(tradeNo)))
    return 'tradeNo: 28 digits';
  if (!Number.isSafeInteger(amountMinor) || Number(amountMinor) < 1) return 'amountMinor must be a positive integer';
  if (notifyUrl !== undefined && (typeof notifyUrl !== 'string' || !isLoopbackUrl(notifyUrl))) {
    return 'notifyUrl must be an http(s) URL on this machine';
  }
  return {
    outTradeNo,
    tradeNo: tradeNo ?? newTradeNo(),
    amountMinor: Number(amountMinor),
    refundedMinor: 0,
    notifyUrl: notifyUrl ?? null,
    frozen: frozen === true,
    bankCard: bankCard === true,
    paidAtMs: Date.now(),
  };
}

/** The day and twenty digits, as Alipay numbers trades. */
function newTradeNo(): string {
  const digits = Array.from({ length: 20 }, () => randomInt(10)).join('');
  return `${beijing(Date.now()).slice(0, 10).replaceAll('-', '')}${digits}`;
}
