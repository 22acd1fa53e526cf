import type { ProviderAdapter } from '../provider';
import type { AlipayAccountOptions } from './client';
import { AlipayGateway } from './gateway';
import { AlipaySettlement } from './settlement';

export const adapter: ProviderAdapter<AlipayAccountOptions> = {
  createGateway: (account) => new AlipayGateway(account),
  createSettlementSource: (account) => new AlipaySettlement(account),
};
