import type { PaymentProvider } from '../provider';
import type * as Adapter from './adapter';
import { WECHAT_PAY_ANSWERS } from './answers';
import { WECHAT_PAY_CAPABILITIES, weChatPayCapabilities } from './capabilities';
import type { WeChatPayAccountOptions } from './client';
import { WeChatPayNotifications, type WeChatPayNotificationOptions } from './notifications';
import type { WeChatPaySettings } from './settings';

/** A merchant as the API knows it. */
interface WeChatPayKnownAccount extends WeChatPayNotificationOptions {
  refundIntervalMs?: number;
}

export const weChatPay: PaymentProvider<
  'wechat_pay',
  WeChatPayAccountOptions,
  WeChatPayKnownAccount,
  WeChatPaySettings
> = {
  name: 'wechat_pay',
  capabilities: WECHAT_PAY_CAPABILITIES,
  capabilitiesOf: weChatPayCapabilities,
  notifications: { createVerifier: (accounts) => new WeChatPayNotifications(accounts), answers: WECHAT_PAY_ANSWERS },
  loadAdapter: () => (require('./adapter') as typeof Adapter).adapter,
};
