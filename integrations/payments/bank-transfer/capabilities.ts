import { withTerms, type GatewayCapabilities } from '../capabilities';

/** Bank transfers, as a process sees them: the one way to accounts of payees, and the way back of payments that came by bank. */
export const BANK_TRANSFER_CAPABILITIES: GatewayCapabilities = {
  partial: true,
  // The account says.
  currencies: null,
  paysToAccounts: true,
  needsDestination: true,
  canReturn: true,
  asynchronous: true,
  queryable: true,
  // People release in working hours and banks answer in files: asked every half hour for two weeks.
  queryBackOff: { delaysSeconds: [60, 300, 600, 1_800], maxQueries: 680 },
  refuses: (amountMinor) => (amountMinor > 0 ? null : 'amount_not_expressible'),
};

/** What a bank account can do. */
export const bankTransferCapabilities = (account: {
  currencies: readonly string[];
  queryDelaysSeconds?: readonly number[] | undefined;
}): GatewayCapabilities => withTerms(BANK_TRANSFER_CAPABILITIES, account);
