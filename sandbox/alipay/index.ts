import { randomUUID } from 'node:crypto';
import { Router, text, type Request, type Response } from 'express';
import type { Call, Fault } from '../faults';
import { dropConnection } from '../http';
import type { ProviderParts } from '../provider-parts';
import type { SettlementFaults } from '../settlement';
import { AlipayBills } from './bills';
import { alipayControl } from './control';
import { AlipayRefusal, refusalForCode, systemError } from './errors';
import { AlipayNotifications } from './notifications';
import { AlipayRefunds, type Body } from './refunds';
import { answerHeaders, settingsOf, setUp, whyNotSigned, type AlipaySetup } from './signatures';
import { openAlipayState, tradeBy } from './state';

export type { AlipaySetup } from './signatures';
export { SETTINGS_TABLE as ALIPAY_SETTINGS } from './state';

/** Names that a fault's `operation` may have. */
export const ALIPAY_OPERATIONS = ['trade.refund', 'refund.query', 'bill.query'] as const;

type Operation = (typeof ALIPAY_OPERATIONS)[number];

const SLOW_MS = 1_000;

/** Routes, and what the server needs around them. */
export interface AlipayStandIn {
  readonly routes: Router;
  /** Under /alipay-bills. */
  readonly downloads: Router;
  readonly control: Router;
  setUp(setup: AlipaySetup): void;
  /** Takes up what a stopped process left unfinished. */
  resume(): void;
}

/** Builds the Alipay stand-in: the part of the v3 interface that a refund needs. */
export function createAlipay(parts: ProviderParts, settlement: SettlementFaults): AlipayStandIn {
  const { journal, faults, ledger, timers, log } = parts;
  const state = openAlipayState(journal);
  const notifications = new AlipayNotifications(state, timers, log);
  const refunds = new AlipayRefunds(state, ledger, notifications, timers);
  const bills = new AlipayBills(state, settlement);

  function send(operation: Operation, response: Response, status: number, body: object, fault?: Fault): void {
    const written = JSON.stringify(body);
    const headers =
      fault?.name === 'no-answer-signature'
        ? {}
        : answerHeaders(settingsOf(state), written, fault?.name === 'bad-answer-signature');
    const traceId = randomUUID().replaceAll('-', '');
    response.status(status).set({ ...headers, 'alipay-trace-id': traceId, 'content-type': 'application/json' });
    response.send(written);
    log(`alipay ${operation} ${traceId} ${status}`);
  }

  const pause = (fault: Fault): Promise<void> => timers.sleep(fault.delayMs ?? SLOW_MS);

  /** @param execute commits and answers; not called when a fault of the call comes before it */
  async function handle(
    operation: Operation,
    request: Request,
    response: Response,
    execute: (body: Body, fault: Fault | undefined, call: Call) => object,
  ): Promise<void> {
    const written = typeof request.body === 'string' ? request.body : '';
    try {
      const refused = whyNotSigned(settingsOf(state), {
        authorization: request.get('authorization'),
        method: request.method,
        path: request.originalUrl,
        body: written,
      });
      if (refused !== null) throw new AlipayRefusal(401, refused, '验签失败');
      const body = request.method === 'GET' ? request.query : readBody(written);
      const trade = tradeBy(state, body['out_trade_no'], body['trade_no']);
      const references = [body['out_request_no'], trade?.outTradeNo, trade?.tradeNo].filter(
        (reference) => typeof reference === 'string',
      );
      const call = { provider: 'alipay', operation, references, commits: operation === 'trade.refund' };
      const fault = faults.takeForAnswer(call);
      if (fault?.name === 'error') throw refusalForCode(fault.argument ?? '');
      if (fault?.name === 'slow-before-commit') await pause(fault);
      if (fault?.name === 'drop-before-commit') return dropConnection(response);
      if (fault?.name === '5xx') throw systemError();
      const answer = execute(body, fault, call);
      if (fault?.name === 'slow') await pause(fault);
      if (fault?.name === 'drop-after-commit') return dropConnection(response);
      if (fault?.name === '5xx-after-commit') throw systemError();
      if (fault?.name === 'unreadable-answer') {
        response.status(502).type('html').send('<html><h1>502 Bad Gateway</h1></html>');
        return;
      }
      send(operation, response, 200, answer, fault);
    } catch (error) {
      if (!(error instanceof AlipayRefusal)) throw error;
      send(operation, response, error.status, error.body);
    }
  }

  const routes = Router();
  routes.use(text({ type: () => true, limit: '256kb' }));
  routes.post('/trade/refund', (request, response) =>
    handle('trade.refund', request, response, (body, fault, call) => {
      const work = refunds.refund(body, fault, () => faults.takeForWebhook(call));
      journal.commit(...work.changes);
      work.committed();
      return work.answer;
    }),
  );
  routes.post('/trade/fastpay/refund/query', (request, response) =>
    handle('refund.query', request, response, (body) => refunds.query(body)),
  );
  routes.get('/data/dataservice/bill/downloadurl/query', (request, response) =>
    handle('bill.query', request, response, (parameters) =>
      bills.query(parameters, `http://${request.get('host') ?? '127.0.0.1'}`),
    ),
  );
  routes.use((_request, response) => {
    response.status(404).json({ code: 'api-not-found', message: 'API 不存在', links: [] });
  });

  return {
    routes,
    downloads: bills.downloads(),
    control: alipayControl(state, refunds, notifications),
    setUp: (setup) => setUp(state, setup),
    resume: () => {
      refunds.resume();
      notifications.resume();
    },
  };
}

function readBody(written: string): Body {
  try {
    const body: unknown = JSON.parse(written);
    if (typeof body === 'object' && body !== null) return body as Body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AlipayRefusal(400, 'INVALID_PARAMETER', '参数无效');
}
