import type { Journal, Table } from '../journal';

export type TransferStatus = 'pending' | 'booked' | 'rejected' | 'returned';

/** One order that the bank has taken in. */
export interface TransferRow {
  readonly messageId: string;
  readonly paymentInformationId: string;
  readonly endToEndId: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: TransferStatus;
  /** The bank's own reference of the booking. */
  readonly bankReference: string;
  readonly statements: StatementPlan;
  readonly bookedAtMs?: number;
  readonly returnedAtMs?: number;
  /** Set when it was debited once more after it had come back: the debits and returns before that one. */
  readonly earlier?: readonly Pick<TransferRow, 'bankReference' | 'bookedAtMs' | 'returnedAtMs'>[];
  /** What is still to happen to a pending transfer. */
  readonly settlement?: { readonly atMs: number; readonly to: 'booked' | 'rejected'; readonly reason?: string };
}

/** How the camt.054 of a transfer comes. */
export interface StatementPlan {
  readonly copies: number;
  readonly delayMs: number;
  readonly broken: boolean;
  readonly suppressed: boolean;
}

/** A file in the customer's inbox, from `visibleAtMs` on. */
export interface ReportRow {
  readonly name: string;
  readonly content: string;
  readonly visibleAtMs: number;
}

export interface BankState {
  readonly journal: Journal;
  /** By EndToEndId. */
  readonly transfers: Table<TransferRow>;
  /** The SHA-256 of every message taken in, by MsgId. */
  readonly messages: Table<string>;
  /** By name. */
  readonly reports: Table<ReportRow>;
  /** Who holds an account, by IBAN or number; accounts that are not here are whose they are said to be. */
  readonly holders: Table<string>;
}

export function openBankState(journal: Journal): BankState {
  return {
    journal,
    transfers: journal.table('bank.transfers'),
    messages: journal.table('bank.messages'),
    reports: journal.table('bank.reports'),
    holders: journal.table('bank.holders'),
  };
}
