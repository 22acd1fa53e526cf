import type { ProviderAdapter } from '../provider';
import type { StripeAccountOptions } from './client';
import { StripeGateway } from './gateway';
import { StripeSettlement } from './settlement';
import { stripeAccount, type StripeSettings } from './settings';

export const adapter: ProviderAdapter<StripeAccountOptions, StripeSettings> = {
  accountOf: stripeAccount,
  createGateway: (account) => new StripeGateway(account),
  createSettlementSource: (account) => new StripeSettlement(account),
};
