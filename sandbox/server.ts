import express from 'express';
import { ALIPAY_OPERATIONS, ALIPAY_SETTINGS, createAlipay, type AlipaySetup } from './alipay';
import { BANK_OPERATIONS, createBank } from './bank';
import { faultRoutes } from './control';
import { BEHAVIOURS, FaultBoard, OF_A_SIGNED_ANSWER } from './faults';
import { failed, isLoopbackUrl, listen, type Log } from './http';
import { Journal } from './journal';
import { Ledger } from './ledger';
import { SettlementFaults } from './settlement';
import { createStripe, STRIPE_OPERATIONS } from './stripe';
import { Timers } from './timers';
import { createWeChatPay, WECHAT_PAY_OPERATIONS, WECHAT_PAY_SET_UP, type WeChatPayCredentials } from './wechat-pay';
import { createZoho, ZOHO_OPERATIONS } from './zoho';

/** Options of `startSandbox`. */
export interface SandboxOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** JSONL journal that brings the state back at the next start; without it the state lives in memory alone. */
  readonly stateFile?: string;
  readonly log?: Log;
  /** Where Stripe's events go from the start; `POST /control/stripe/webhook_endpoint` sets it later. */
  readonly stripeWebhook?: { readonly url: string; readonly secret: string };
  /** The application that calls Alipay, and Alipay's own key; `POST /control/alipay/app` registers it later. */
  readonly alipay?: AlipaySetup;
  /** Both sides' keys of WeChat Pay; without them they are made when they are first needed. */
  readonly wechatPay?: WeChatPayCredentials;
}

/** A running server of this folder. */
export interface Running {
  readonly url: string;
  /** Stops listening, drops timers and open connections, closes the journal. */
  close(): Promise<void>;
}

/** Providers that send notifications over HTTP. */
const NOTIFIERS = ['stripe', 'alipay', 'wechat_pay'] as const;

/** Tables that a reset leaves alone: where events go is set-up, not state. */
const KEPT_BY_RESET = new Set([ALIPAY_SETTINGS, ...WECHAT_PAY_SET_UP, 'stripe.endpoints']);

/**
 * Starts the providers' stand-ins on one port of 127.0.0.1: Stripe under /v1, WeChat Pay under /v3/refund, Zoho under
 * /oauth/v2 and /crm/v8, the bank under /bank and /vop, the control API under /control, every movement of money under /ledger.
 * @throws when the port is taken, the journal cannot be read, or the webhook's URL is not on this machine
 */
export async function startSandbox(options: SandboxOptions): Promise<Running> {
  const log = options.log ?? (() => undefined);
  if (options.stripeWebhook !== undefined && !isLoopbackUrl(options.stripeWebhook.url)) {
    throw new Error(`The sandbox sends events to this machine alone, not to ${options.stripeWebhook.url}.`);
  }
  const journal = Journal.open(options.stateFile);
  const timers = new Timers(log);
  const ledger = new Ledger(journal);
  const faults = new FaultBoard(journal, {
    stripe: { operations: STRIPE_OPERATIONS, behaviours: BEHAVIOURS.filter((name) => !OF_A_SIGNED_ANSWER.has(name)) },
    bank_transfer: {
      operations: BANK_OPERATIONS,
      // What the bank answers is files; one that nobody can read is its `bad-signature`.
      behaviours: BEHAVIOURS.filter((name) => !OF_A_SIGNED_ANSWER.has(name) && name !== 'unreadable-answer'),
    },
    wechat_pay: { operations: WECHAT_PAY_OPERATIONS, behaviours: BEHAVIOURS },
    alipay: { operations: ALIPAY_OPERATIONS, behaviours: BEHAVIOURS },
    zoho: {
      operations: ZOHO_OPERATIONS,
      behaviours: ['ok', 'error', '5xx', 'slow', 'slow-before-commit', 'drop-before-commit', 'drop-after-commit'],
    },
  });
  const parts = { journal, faults, ledger, timers, log };
  const settlement = new SettlementFaults(journal, ['stripe', 'alipay', 'wechat_pay', 'bank_transfer']);
  const stripe = createStripe(parts, settlement);
  const wechatPay = createWeChatPay(parts, settlement, options.wechatPay);
  const alipay = createAlipay(parts, settlement);
  const zoho = createZoho(parts);
  const bank = createBank(parts, settlement);
  if (options.stripeWebhook !== undefined) stripe.events.register(options.stripeWebhook);
  if (options.alipay !== undefined) alipay.setUp(options.alipay);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use('/v1', stripe.routes);
  app.use('/v3/refund/domestic/refunds', wechatPay.routes);
  app.use('/v3/bill', wechatPay.bills);
  app.use('/v3/billdownload', wechatPay.downloads);
  app.use('/v3/alipay', alipay.routes);
  app.use('/alipay-bills', alipay.downloads);
  app.use('/oauth/v2', zoho.accounts);
  app.use('/crm/v8', zoho.crm);
  app.use('/bank', bank.routes);
  app.use('/vop', bank.payees);
  app.use(faultRoutes(faults));
  app.use('/control/settlement', settlement.routes());
  app.use('/control/bank', bank.control);
  app.use('/control/stripe', stripe.control);
  app.use('/control/wechat_pay', wechatPay.control);
  app.use('/control/alipay', alipay.control);
  app.use('/control/zoho', zoho.control);
  app.get('/ledger', (_request, response) => {
    response.json(ledger.all());
  });
  // Notifications that wait for their first or another try; what is given up waits no more.
  app.get('/control/deliveries', (_request, response) => {
    response.json(Object.fromEntries(NOTIFIERS.map((name) => [name, journal.table(`${name}.deliveries`).size])));
  });
  app.post('/control/reset', (_request, response) => {
    journal.clear(KEPT_BY_RESET);
    response.status(204).end();
  });
  app.use(failed(log));

  try {
    const listening = await listen(app, options.port);
    stripe.resume();
    alipay.resume();
    wechatPay.resume();
    bank.resume();
    return {
      url: listening.url,
      close: async () => {
        timers.close();
        await listening.close();
        journal.close();
      },
    };
  } catch (error) {
    timers.close();
    journal.close();
    throw error;
  }
}
