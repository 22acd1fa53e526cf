import type { ProviderAdapter } from '../provider';
import { BankTransferGateway } from './gateway';
import type { BankTransferAccountOptions } from './options';
import { BankTransferSettlement } from './settlement';
import { bankTransferAccount, type BankTransferSettings } from './settings';

export const adapter: ProviderAdapter<BankTransferAccountOptions, BankTransferSettings> = {
  accountOf: bankTransferAccount,
  createGateway: (account) => new BankTransferGateway(account),
  createSettlementSource: (account) => new BankTransferSettlement(account),
};
