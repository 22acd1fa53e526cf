import type { ProviderAdapter } from '../provider';
import type { WeChatPayAccountOptions } from './client';
import { WeChatPayGateway } from './gateway';
import { WeChatPaySettlement } from './settlement';

export const adapter: ProviderAdapter<WeChatPayAccountOptions> = {
  createGateway: (account) => new WeChatPayGateway(account),
  createSettlementSource: (account) => new WeChatPaySettlement(account),
};
