/**
 * How payment files reach a bank and its answers come back. Names are single path segments of letters, digits, `.`, `_`
 * and `-`. A file never changes once it is named in `list`.
 */
export interface FileExchange {
  /**
   * Hands a released file to the bank. The same name with the same bytes, however often, is one file for the bank.
   * Absent where the bank itself fetches from `released/`.
   * @throws ExchangeUnavailableError when it is not certain that the bank has it
   */
  deliver?(name: string, content: Uint8Array): Promise<void>;
  /** Names of what the bank has answered so far. @throws ExchangeUnavailableError */
  list(): Promise<string[]>;
  /** One answer of the bank. @throws ExchangeUnavailableError, and for a file above MAX_FILE_BYTES */
  read(name: string): Promise<Uint8Array>;
}

/** Larger files are not read. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The code of the error for a larger one. */
export const TOO_LARGE = 'file_too_large';

export const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;

/** The exchange did not do what it was asked. `reached`: the other side answered, though not well. */
export class ExchangeUnavailableError extends Error {
  override readonly name = 'ExchangeUnavailableError';

  constructor(
    readonly code: string,
    readonly reached: boolean,
    options?: ErrorOptions,
  ) {
    super(`The bank's files cannot be exchanged: ${code}.`, options);
  }
}
