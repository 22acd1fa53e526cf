import type { ProviderAdapter } from '../provider';
import type { WeChatPayAccountOptions } from './client';
import { WeChatPayGateway } from './gateway';
import { WeChatPaySettlement } from './settlement';
import { weChatPayAccount, type WeChatPaySettings } from './settings';

export const adapter: ProviderAdapter<WeChatPayAccountOptions, WeChatPaySettings> = {
  accountOf: weChatPayAccount,
  createGateway: (account) => new WeChatPayGateway(account),
  createSettlementSource: (account) => new WeChatPaySettlement(account),
};
