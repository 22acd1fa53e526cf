/** Where the money of a payment can stand. `captured` is where it came from. */
export const LEDGER_ACCOUNTS = [
  'captured',
  'available',
  'reserved',
  'in_flight',
  'refunded',
  'elsewhere',
  'disputed',
] as const;

export type LedgerAccount = (typeof LEDGER_ACCOUNTS)[number];

/**
 * What is booked in the currency of the books alone and moves no money of a payment: differences of exchange, and beside
 * them what providers settled above or below the books.
 */
export const EXCHANGE_ACCOUNTS = ['exchange', 'settlement'] as const;

export const BOOK_ACCOUNTS = [...LEDGER_ACCOUNTS, ...EXCHANGE_ACCOUNTS] as const;

export type BookAccount = (typeof BOOK_ACCOUNTS)[number];

/** Why money moved between two accounts. */
export const TRANSFER_KINDS = [
  'capture',
  'reserve',
  'release',
  'instruct',
  'revert',
  'settle',
  'return',
  'elsewhere',
  'dispute',
  'dispute_won',
  'exchange',
] as const;

export type TransferKind = (typeof TRANSFER_KINDS)[number];

/** One movement: the credited account gives, the debited one receives. */
export interface LedgerTransfer {
  /** Grows with time; a decimal text, because it can be beyond what a number holds. */
  id: string;
  paymentId: string;
  /** Null when it is of the payment itself: captured, refunded elsewhere, disputed. */
  refundId: string | null;
  legId: string | null;
  attempt: number | null;
  kind: TransferKind;
  debitAccount: BookAccount;
  creditAccount: BookAccount;
  /** Minor units of `currency`, more than zero. */
  amountMinor: number;
  currency: string;
  /** The currency of the books and the rate to it, as the payment stated them when this was booked. */
  accounting: { currency: string; rate: string } | null;
  /** When it was booked. */
  at: string;
}
