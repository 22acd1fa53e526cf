/** A customer, as the CRM is to know them. */
export interface CrmContact {
  /** The shop's own id of the customer: the key of the upsert. */
  externalId: string;
  name: string;
  email: string | null;
  phone: string | null;
}

/** A refund, as the CRM is to show it. */
export interface CrmRefundCase {
  /** The key of the upsert. */
  refundId: string;
  orderExternalId: string;
  status: string;
  /** Label of the stage whose turn it is, or null. */
  stage: string | null;
  /** ISO 4217 minor units. */
  amountMinor: number;
  currency: string;
  reasonCode: string;
  /** ISO instants. */
  requestedAt: string;
  dueAt: string | null;
  updatedAt: string;
  /** Where staff see the refund. */
  url: string | null;
  customer: CrmContact;
}

/**
 * One CRM. The contract, proven by test/contract/crm/:
 *
 * 1. The same upsert twice, also after a lost reply, leaves one record.
 * 2. A later upsert of the same key overwrites what the earlier one wrote; order is the caller's business.
 * 3. What `readRefundCases` leaves out is not in the CRM; it changes nothing.
 * 4. CrmPermanentError: the same call will be refused again. CrmTransientError: try again after `retryAfterMs`.
 */
export interface CrmConnector {
  /** Name of the CRM, as stored beside the record's id. */
  readonly crm: string;
  /** Writes the customer's contact. @throws CrmPermanentError, CrmTransientError */
  upsertContact(contact: CrmContact): Promise<{ recordId: string }>;
  /** Writes the refund and its customer's contact. @throws CrmPermanentError, CrmTransientError */
  upsertRefundCase(input: CrmRefundCase): Promise<{ recordId: string }>;
  /**
   * What the CRM shows of refunds, by the ids of their records; at most 100 at a time.
   * @throws CrmPermanentError, CrmTransientError
   */
  readRefundCases(recordIds: readonly string[]): Promise<Map<string, { status: string | null }>>;
}

/** The CRM refuses, and will again. `code` is the CRM's own; the message names fields, never their values. */
export class CrmPermanentError extends Error {
  override readonly name = 'CrmPermanentError';

  constructor(
    readonly crm: string,
    readonly code: string,
    detail = '',
  ) {
    super(`${crm} refuses: ${code}${detail === '' ? '' : ` (${detail})`}.`);
  }
}

/** The CRM cannot answer now. Upserts carry a key, so the call may be repeated whether or not it arrived. */
export class CrmTransientError extends Error {
  override readonly name = 'CrmTransientError';

  constructor(
    readonly crm: string,
    readonly code: string,
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(`${crm} cannot answer now: ${code}; try again in ${retryAfterMs} ms.`, options);
  }
}
