import type { ProviderAdapter } from '../provider';
import { BankTransferGateway } from './gateway';
import type { BankTransferAccountOptions } from './options';
import { BankTransferSettlement } from './settlement';

export const adapter: ProviderAdapter<BankTransferAccountOptions> = {
  createGateway: (account) => new BankTransferGateway(account),
  createSettlementSource: (account) => new BankTransferSettlement(account),
};
