import type { FileExchange } from './file-exchange';
import type { Mode } from '../gateway';

/** Where the money of a refund goes. */
export interface BankDestination {
  /** The payee as the bank shall read it. */
  name: string;
  /** An IBAN, or the account number of a country without IBANs. */
  account: { iban: string } | { number: string };
  /** BIC of the payee's bank. */
  bic?: string;
  /** Number of the payee's bank in its country's clearing system; for accounts without IBAN. */
  bankCode?: { system: string | null; id: string };
}

/**
 * Finds where a refund goes, in the moment before it is written.
 * @returns null when no account is known, or it may not be used any more; then the refund fails before anything is written
 * @throws DestinationNotYetError
 */
export type ResolveDestination = (refund: {
  reference: string;
  refundId: string;
  /** ISO instant of the instruction. */
  now: string;
}) => Promise<BankDestination | null>;

/** The account may not be used yet: it cools off, or people still have to vouch for it. Nothing was written. */
export class DestinationNotYetError extends Error {
  override readonly name = 'DestinationNotYetError';

  constructor(
    readonly reason: string,
    /** When asking again makes sense, in milliseconds from the instruction. */
    readonly retryAfterMs: number,
  ) {
    super(`The payee's account may not be used yet: ${reason}.`);
  }
}

/** One account that refunds are paid from, as the composition root hands it in. */
export interface BankTransferAccountOptions {
  /** The shop's own name of the account, as orders name it. */
  merchantAccount: string;
  mode: Mode;
  /**
   * Holds `outbox/` (what waits for two persons, and the record of every instruction), `released/` and `delivered/`.
   * All workers of an account share it, on one file system.
   */
  directory: string;
  /** How files reach the bank and come back. */
  exchange: FileExchange;
  /** Who pays. */
  debtor: BankDestination;
  /** ISO 4217 codes that the account pays in. */
  currencies: readonly string[];
  /** Seconds between two looks at the bank's answers, the last one repeating; default a minute, then up to half an hour. */
  queryDelaysSeconds?: readonly number[];
  resolveDestination: ResolveDestination;
}
