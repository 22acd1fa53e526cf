import type { PayeeCheck } from '../../../domain/destination';

/** A name and the account that it is said to hold. */
export interface PayeeToCheck {
  name: string;
  account: { iban: string } | { number: string; bankCode?: string };
  bic?: string;
}

/** Asks the payee's bank whether a name belongs to an account. */
export interface PayeeChecker {
  /**
   * @param requestId the same for the same question, however often it is asked; a UUID
   * @returns `unavailable` when the bank, or nobody, can tell
   * @throws PayeeCheckLostError when no answer came; the question may be asked again
   */
  check(payee: PayeeToCheck, requestId: string): Promise<PayeeCheck>;
}

/** No answer, or none that can be read. `code` names why. */
export class PayeeCheckLostError extends Error {
  override readonly name = 'PayeeCheckLostError';

  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The name of a payee could not be checked: ${code}.`, options);
  }
}

/** Where no service is configured: people have to vouch for every name. */
export const noPayeeChecker: PayeeChecker = { check: () => Promise.resolve('unavailable') };
