import type { ProviderAdapter } from '../provider';
import type { AlipayAccountOptions } from './client';
import { AlipayGateway } from './gateway';
import { AlipaySettlement } from './settlement';
import { alipayAccount, type AlipaySettings } from './settings';

export const adapter: ProviderAdapter<AlipayAccountOptions, AlipaySettings> = {
  accountOf: alipayAccount,
  createGateway: (account) => new AlipayGateway(account),
  createSettlementSource: (account) => new AlipaySettlement(account),
};
