import { Router, text } from 'express';
import type { ProviderParts } from '../provider-parts';
import type { SettlementFaults } from '../settlement';
import { WeChatPayBills } from './bills';
import { WeChatPayCalls } from './calls';
import { weChatPayControl } from './control';
import { generateWeChatPayCredentials, type WeChatPayCredentials } from './credentials';
import { WeChatPayNotifications } from './notifications';
import { WeChatPayRefunds } from './refunds';
import { openWeChatPayState } from './state';

export { WECHAT_PAY_OPERATIONS } from './calls';
export { generateWeChatPayCredentials, type WeChatPayCredentials } from './credentials';

/** Set-up rather than state: what a reset leaves alone. */
export const WECHAT_PAY_SET_UP = ['wechat_pay.credentials', 'wechat_pay.endpoints', 'wechat_pay.settings'];

/** A provider's routes, and what the server needs of it around them. */
export interface WeChatPayStandIn {
  readonly routes: Router;
  /** Under /v3/bill and /v3/billdownload. */
  readonly bills: Router;
  readonly downloads: Router;
  readonly control: Router;
  /** Takes up what a stopped process left unfinished. */
  resume(): void;
}

/**
 * Builds the WeChat Pay stand-in: the refunds of API v3.
 * @param given both sides' keys; without them they are made at the first call and kept with the state
 */
export function createWeChatPay(
  parts: ProviderParts,
  settlement: SettlementFaults,
  given?: WeChatPayCredentials,
): WeChatPayStandIn {
  const state = openWeChatPayState(parts.journal);
  if (given !== undefined) parts.journal.commit(state.credentials.put('now', given));
  const credentials = (): WeChatPayCredentials => {
    const known = state.credentials.get('now');
    if (known !== undefined) return known;
    const made = generateWeChatPayCredentials();
    parts.journal.commit(state.credentials.put('now', made));
    return made;
  };
  const notifications = new WeChatPayNotifications(state, credentials, parts.timers, parts.log);
  const refunds = new WeChatPayRefunds(state, parts.ledger, notifications, parts.timers);
  const calls = new WeChatPayCalls(parts, credentials);

  const bills = new WeChatPayBills(state, settlement, credentials, calls);

  const routes = Router();
  routes.use(text({ type: () => true, limit: '256kb' }));
  routes.post('/', (request, response) =>
    calls.serve('refund.create', request, response, (json, answer, webhook) => {
      const work = refunds.create(refunds.readOrder(json), answer, webhook);
      return { body: refunds.present(work), changes: work.changes, committed: () => work.committed() };
    }),
  );
  routes.get('/:number', (request, response) =>
    calls.serve('refund.query', request, response, () => ({
      body: refunds.present(refunds.byNumber(request.params.number)),
      changes: [],
      committed: () => undefined,
    })),
  );

  return {
    routes,
    bills: bills.bills(),
    downloads: bills.downloads(),
    control: weChatPayControl({ state, refunds, notifications, credentials }),
    resume: () => {
      refunds.resume();
      notifications.resume();
    },
  };
}
