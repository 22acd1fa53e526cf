import { AmountError, convertAtRate, isRate, toDecimalString } from '../money';
import { csvRecord } from './csv';
import { LEDGER_ACCOUNTS, type BookAccount, type LedgerAccount, type LedgerTransfer } from './transfer';

/** The accounts of the books. Codes are for ever: a finance system maps them to its own once. */
export const JOURNAL_ACCOUNTS: Record<BookAccount, { code: string; name: string }> = {
  captured: { code: '2100', name: 'Received from customers' },
  available: { code: '1100', name: 'Payments free to refund' },
  reserved: { code: '1110', name: 'Payments reserved for refunds' },
  in_flight: { code: '1120', name: 'Refunds on their way' },
  refunded: { code: '1130', name: 'Refunds paid' },
  elsewhere: { code: '1140', name: 'Refunded elsewhere' },
  disputed: { code: '1150', name: 'Disputed by the cardholder' },
  exchange: { code: '7200', name: 'Exchange losses (debit) and gains (credit) on refunds' },
  settlement: { code: '2110', name: 'Settled by providers above (credit) or below (debit) the books' },
};

/** The same places where what stands there is a goodwill budget: no customer has paid it. */
const GOODWILL_ACCOUNTS: Record<LedgerAccount, { code: string; name: string }> = {
  captured: { code: '2200', name: 'Goodwill granted' },
  available: { code: '1200', name: 'Goodwill free to give' },
  reserved: { code: '1210', name: 'Goodwill reserved for refunds' },
  in_flight: { code: '1220', name: 'Goodwill on its way' },
  refunded: { code: '1230', name: 'Goodwill paid' },
  elsewhere: { code: '1240', name: 'Goodwill given elsewhere' },
  disputed: { code: '1250', name: 'Goodwill disputed' },
};

const accountOf = ({ isGoodwill }: JournalEntry, account: BookAccount): { code: string; name: string } =>
  isGoodwill && isLedgerAccount(account) ? GOODWILL_ACCOUNTS[account] : JOURNAL_ACCOUNTS[account];

const isLedgerAccount = (account: BookAccount): account is LedgerAccount =>
  (LEDGER_ACCOUNTS as readonly BookAccount[]).includes(account);

/** A transfer with what finance finds it again by. */
export interface JournalEntry extends LedgerTransfer {
  orderExternalId: string | null;
  paymentExternalId: string | null;
  /** Through which the money goes, by the attempt's own route; null where people paid by hand. */
  provider: string | null;
  merchantAccount: string | null;
  providerPaymentId: string | null;
  /** It is of a goodwill budget, not of a customer's payment. */
  isGoodwill: boolean;
  /** How the attempt is paid; null where the transfer is of no attempt. */
  route: string | null;
}

const COLUMNS = [
  'entry',
  'line',
  'booked_at',
  'kind',
  'account_code',
  'account_name',
  'debit',
  'credit',
  'currency',
  'accounting_debit',
  'accounting_credit',
  'accounting_currency',
  'accounting_rate',
  'refund_id',
  'leg_id',
  'attempt',
  'payment_id',
  'order',
  'payment',
  'provider',
  'merchant_account',
  'provider_payment_id',
  'route',
] as const;

/** The first record of a journal: the names of its columns, for ever in this order. */
export const journalHead = (): string => csvRecord(COLUMNS);

/**
 * The two lines of a transfer, one debit and one credit of the same amount, also in the currency of the books, so that
 * every entry balances in itself. Amounts are decimals of their currency.
 * @throws UnknownCurrencyError
 */
export function journalLines(entry: JournalEntry): string {
  const amount = toDecimalString(entry.amountMinor, entry.currency);
  const { accounting } = entry;
  const accountingAmount = inBooks(entry);
  const line = (n: 1 | 2, account: BookAccount): string =>
    csvRecord([
      entry.id,
      String(n),
      entry.at,
      entry.kind,
      accountOf(entry, account).code,
      accountOf(entry, account).name,
      n === 1 ? amount : null,
      n === 2 ? amount : null,
      entry.currency,
      n === 1 ? accountingAmount : null,
      n === 2 ? accountingAmount : null,
      accounting?.currency ?? null,
      accounting?.rate ?? null,
      entry.refundId,
      entry.legId,
      entry.attempt === null ? null : String(entry.attempt),
      entry.paymentId,
      entry.orderExternalId,
      entry.paymentExternalId,
      entry.provider,
      entry.merchantAccount,
      entry.providerPaymentId,
      entry.route,
    ]);
  return line(1, entry.debitAccount) + line(2, entry.creditAccount);
}

/** The amount in the currency of the books; empty where no usable rate is stated: an amount is never made up. */
function inBooks({ amountMinor, currency, accounting }: JournalEntry): string | null {
  if (!accounting || !isRate(accounting.rate)) return null;
  try {
    return toDecimalString(
      convertAtRate(amountMinor, currency, accounting.rate, accounting.currency),
      accounting.currency,
    );
  } catch (error) {
    // A rate that makes more of it than can be counted is a slip of whoever stated it.
    if (error instanceof AmountError) return null;
    throw error;
  }
}
