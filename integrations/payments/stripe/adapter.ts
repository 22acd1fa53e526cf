import type { ProviderAdapter } from '../provider';
import type { StripeAccountOptions } from './client';
import { StripeGateway } from './gateway';
import { StripeSettlement } from './settlement';

export const adapter: ProviderAdapter<StripeAccountOptions> = {
  createGateway: (account) => new StripeGateway(account),
  createSettlementSource: (account) => new StripeSettlement(account),
};
