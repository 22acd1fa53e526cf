import type { PaymentProvider } from '../provider';
import type * as Adapter from './adapter';
import { ALIPAY_ANSWERS } from './answers';
import { ALIPAY_CAPABILITIES, alipayCapabilities } from './capabilities';
import type { AlipayAccountOptions } from './client';
import { AlipayNotifications, type AlipayNotificationOptions } from './notifications';
import type { AlipaySettings } from './settings';

/** An application as the API knows it. */
interface AlipayKnownAccount extends AlipayNotificationOptions {
  /** Null: only Alipay knows. */
  refundableForDays?: number | null;
}

export const alipay: PaymentProvider<'alipay', AlipayAccountOptions, AlipayKnownAccount, AlipaySettings> = {
  name: 'alipay',
  capabilities: ALIPAY_CAPABILITIES,
  capabilitiesOf: alipayCapabilities,
  notifications: { createVerifier: (accounts) => new AlipayNotifications(accounts), answers: ALIPAY_ANSWERS },
  loadAdapter: () => (require('./adapter') as typeof Adapter).adapter,
};
