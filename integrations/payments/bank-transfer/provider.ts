import type { AccountName, PaymentProvider } from '../provider';
import type * as Adapter from './adapter';
import { BANK_TRANSFER_CAPABILITIES, bankTransferCapabilities } from './capabilities';
import type { BankTransferAccountOptions } from './options';
import type { BankTransferSettings } from './settings';

/** A bank account as the API knows it: that it is there, and what it pays in. */
interface BankTransferKnownAccount extends AccountName {
  currencies: readonly string[];
}

export const bankTransfer: PaymentProvider<
  'bank_transfer',
  BankTransferAccountOptions,
  BankTransferKnownAccount,
  BankTransferSettings
> = {
  name: 'bank_transfer',
  capabilities: BANK_TRANSFER_CAPABILITIES,
  capabilitiesOf: bankTransferCapabilities,
  // Banks answer in files, which the worker reads.
  notifications: null,
  loadAdapter: () => (require('./adapter') as typeof Adapter).adapter,
};
