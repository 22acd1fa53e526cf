import type { PaymentSighting } from '../../domain/payment';
import type { PaymentGateway, PaymentInstruction } from '../../integrations/payments';
import type { GatewayCapabilities } from '../../integrations/payments/capabilities';
import type { AccountName, PaymentProvider } from '../../integrations/payments/provider';

/** A provider that the product does not know: it remembers in this process what it moved. */
export const VOUCHER = 'voucher';

/** What was moved, by reference. */
export const vouchers = new Map<string, PaymentInstruction>();

/** References of what came back afterwards; nobody is told, only who asks. */
export const returnedVouchers = new Set<string>();

const CAPABILITIES: GatewayCapabilities = {
  partial: true,
  limits: { refundableForDays: 30 },
  currencies: ['CNY'],
  paysToAccounts: true,
  needsDestination: false,
  canReturn: true,
  returnsByQueryAlone: true,
  asynchronous: false,
  queryable: true,
  queryBackOff: { delaysSeconds: [10], maxQueries: 3 },
  refuses: (amountMinor) => (amountMinor > 0 ? null : 'amount_not_expressible'),
};

function sighting(source: 'reply' | 'query', reference: string, now: string): PaymentSighting {
  const moved = vouchers.get(reference);
  const cameBack = returnedVouchers.has(reference);
  const outcome = cameBack ? 'failed' : 'succeeded';
  return {
    source,
    outcome: moved ? outcome : 'unknown',
    providerEventId: null,
    providerRefundId: moved ? `voucher-of-${reference}` : null,
    amountMinor: moved?.amountMinor ?? null,
    failure: moved
      ? cameBack
        ? { class: 'account_frozen_or_closed', code: 'came_back' }
        : null
      : { class: 'network', code: 'not_found' },
    traceNumber: null,
    at: now,
  };
}

const gateway: PaymentGateway = {
  provider: VOUCHER,
  capabilities: CAPABILITIES,
  instruct: (instruction) => {
    vouchers.set(instruction.reference, instruction);
    return Promise.resolve(sighting('reply', instruction.reference, instruction.now));
  },
  query: ({ reference, now }) => Promise.resolve(sighting('query', reference, now)),
};

export const voucher: PaymentProvider<typeof VOUCHER, AccountName, AccountName> = {
  name: VOUCHER,
  capabilities: CAPABILITIES,
  capabilitiesOf: () => CAPABILITIES,
  notifications: null,
  loadAdapter: () => ({
    accountOf: (account) => account,
    createGateway: () => gateway,
    createSettlementSource: () => {
      throw new Error('Nothing is settled with vouchers.');
    },
  }),
};
