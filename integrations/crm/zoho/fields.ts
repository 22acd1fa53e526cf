import { toDecimalString } from '../../../domain/money';
import type { CrmContact, CrmRefundCase } from '../connector';

/** Custom unique fields that the CRM needs; see the README. */
export const CUSTOMER_KEY_FIELD = 'Redress_Customer_Id';
export const REFUND_KEY_FIELD = 'Redress_Refund_Id';

/** Zoho refuses longer single-line texts. */
const MAX_TEXT_LENGTH = 255;

/** The contact's fields. What is not known is left out, so that an upsert never empties a field that staff filled in. */
export function contactFields(contact: CrmContact): Record<string, unknown> {
  return {
    [CUSTOMER_KEY_FIELD]: contact.externalId,
    Last_Name: cut(contact.name === '' ? contact.externalId : contact.name, 80),
    ...(contact.email === null ? {} : { Email: contact.email }),
    ...(contact.phone === null ? {} : { Phone: cut(contact.phone, 30) }),
  };
}

/** Fields by which an existing contact is found, first first. */
export function contactCheckFields(contact: CrmContact): string[] {
  return contact.email === null ? [CUSTOMER_KEY_FIELD] : [CUSTOMER_KEY_FIELD, 'Email'];
}

/** The refund's fields, with the contact as its lookup. */
export function refundFields(input: CrmRefundCase, contactId: string): Record<string, unknown> {
  return {
    [REFUND_KEY_FIELD]: input.refundId,
    Name: input.refundId,
    Order_Number: cut(input.orderExternalId),
    Refund_Status: input.status,
    Stage: input.stage === null ? null : cut(input.stage),
    // Shown to people; the minor units beside it are exact in every currency.
    Amount: Number(toDecimalString(input.amountMinor, input.currency)),
    Amount_Minor: input.amountMinor,
    Refund_Currency: input.currency,
    Reason: cut(input.reasonCode),
    Requested_At: zohoTime(input.requestedAt),
    Due_At: input.dueAt === null ? null : zohoTime(input.dueAt),
    Changed_At: zohoTime(input.updatedAt),
    Link: input.url,
    Contact: { id: contactId },
  };
}

/** Zoho takes ISO instants with an offset and without fractions of a second. */
function zohoTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19)}+00:00`;
}

function cut(text: string, length = MAX_TEXT_LENGTH): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
