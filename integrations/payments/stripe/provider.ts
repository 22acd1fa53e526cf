import type { PaymentProvider } from '../provider';
import type * as Adapter from './adapter';
import { STRIPE_CAPABILITIES } from './capabilities';
import type { StripeAccountOptions } from './client';
import { StripeNotifications, type StripeNotificationOptions } from './notifications';
import type { StripeSettings } from './settings';

export const stripe: PaymentProvider<'stripe', StripeAccountOptions, StripeNotificationOptions, StripeSettings> = {
  name: 'stripe',
  capabilities: STRIPE_CAPABILITIES,
  capabilitiesOf: () => STRIPE_CAPABILITIES,
  notifications: { createVerifier: (accounts) => new StripeNotifications(accounts) },
  loadAdapter: () => (require('./adapter') as typeof Adapter).adapter,
};
