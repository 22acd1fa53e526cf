import { isValidBIC, isValidIBAN } from 'ibantools';
import { containsCardNumber } from '../../domain/audit';
import { DESTINATION_STATUSES, HOLDER_VS_CUSTOMER, PAYEE_CHECKS, type BankAccount } from '../../domain/destination';
import { externalId, freeText, instant, redressId } from './common';
import { z } from './zod';

export const destinationParams = z.strictObject({ id: redressId('ds') });

const custom = (code: string) => ({ params: { code }, message: code });
const compact = (text: string): string => text.normalize('NFKC').replaceAll(/[\s-]/g, '').toUpperCase();

/*
 * `iban` and `accountNumber` are the only two fields of the whole interface that are not screened for card numbers: an
 * account number may look like one. Everything else in these bodies is screened like any other text.
 */
const account = {
  holderName: freeText(1, 140).openapi({ description: 'The holder as the bank knows them.', example: 'Nora Evans' }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .openapi({ description: 'Where the account is kept: ISO 3166-1 alpha-2.', example: 'DE' }),
  iban: z
    .string()
    .max(60)
    .refine((text) => isValidIBAN(compact(text)), custom('invalid_iban'))
    .optional()
    .openapi({ example: 'DE89 3704 0044 0532 0130 00' }),
  accountNumber: z
    .string()
    .max(60)
    .refine((text) => /^[A-Z0-9]{4,34}$/.test(compact(text)), custom('invalid_account_number'))
    .optional()
    .openapi({ description: 'Of an account in a country without IBANs; with `bankCode` or `bic`.' }),
  bankCode: z
    .string()
    .max(60)
    .refine((text) => /^[A-Z0-9]{3,28}$/.test(compact(text)), custom('invalid_account_number'))
    .refine((text) => !containsCardNumber(text), custom('card_number_in_text'))
    .optional()
    .openapi({ description: 'Number of the bank in its country’s clearing system, such as CNAPS.' }),
  bic: z
    .string()
    .max(20)
    .refine((text) => isValidBIC(compact(text)), custom('invalid_bic'))
    .optional(),
};

type Entered = { iban?: string | undefined; accountNumber?: string | undefined } & Partial<
  Record<'bankCode' | 'bic', string | undefined>
> & { country: string };

/** What the fields of an account must fit together in. */
function checkTogether(entered: Entered, context: z.RefinementCtx): void {
  const { iban, accountNumber, bankCode, bic, country } = entered;
  const issue = (path: string, code: string): void =>
    context.addIssue({ code: 'custom', path: [path], ...custom(code) });
  if ((iban === undefined) === (accountNumber === undefined)) issue('iban', 'one_of');
  if (iban !== undefined && compact(iban).slice(0, 2) !== country) issue('country', 'country_differs');
  if (iban !== undefined && bankCode !== undefined) issue('bankCode', 'one_of');
  if (accountNumber !== undefined && bankCode === undefined && bic === undefined) issue('bankCode', 'bank_missing');
}

/** POST /v1/destinations */
export const createDestinationBody = z
  .strictObject({
    refundId: redressId('rf').optional().openapi({ description: 'A refund of the payee, for whose timeline this is.' }),
    customerExternalId: externalId.optional().openapi({ description: 'The payee; not with `refundId`.' }),
    replaces: redressId('ds').optional().openapi({ description: 'The destination that this one takes the place of.' }),
    ...account,
  })
  .superRefine((body, context) => {
    checkTogether(body, context);
    if (body.refundId !== undefined && body.customerExternalId !== undefined)
      context.addIssue({ code: 'custom', path: ['customerExternalId'], ...custom('one_of') });
  })
  .openapi('CreateDestination');

export type CreateDestinationBody = z.output<typeof createDestinationBody>;

/** POST /v1/destinations/{id}/second-entry */
export const secondEntryBody = z
  .strictObject(account)
  .superRefine((body, context) => checkTogether(body, context))
  .openapi('SecondEntry');

export const confirmationBody = z.strictObject({ note: freeText(1, 500) }).openapi('PayeeConfirmation');
export const revocationBody = z.strictObject({ note: freeText(1, 500) }).openapi('DestinationRevocation');

/** The account of a body, in the words of the domain. */
export function accountOf(body: z.output<typeof secondEntryBody>): BankAccount {
  const { holderName, country, iban, accountNumber = '', bankCode, bic } = body;
  return {
    holderName,
    country,
    account: iban === undefined ? { number: accountNumber, ...(bankCode === undefined ? {} : { bankCode }) } : { iban },
    ...(bic === undefined ? {} : { bic }),
  };
}

export const destinationAnswer = z
  .object({
    id: redressId('ds'),
    kind: z.literal('bank_account'),
    customerExternalId: z.string(),
    refundId: redressId('rf').nullable(),
    country: z.string(),
    account: z.string().openapi({ description: 'Masked, for everybody.', example: '•••• 3000' }),
    holderName: z.string().nullable().openapi({
      description: 'The first character of each word; null for those who only read.',
      example: 'N••• E•••',
    }),
    holderVsCustomer: z.enum(HOLDER_VS_CUSTOMER).nullable().openapi({
      description:
        'How the holder’s name compares with the customer’s: `same`, `close` (words left out, a slip), `different`, or `unknown` (two scripts, or nothing to compare). Null for those outside.',
    }),
    status: z.enum(DESTINATION_STATUSES),
    usableFrom: instant.nullable(),
    mismatches: z.int(),
    payeeCheck: z.enum(PAYEE_CHECKS).nullable(),
    needsConfirmation: z.boolean().openapi({ description: 'The bank did not simply confirm the name.' }),
    otherCustomers: z.int().nullable().openapi({
      description: 'How many other customers have the same account; null for customers.',
    }),
    replaces: redressId('ds').nullable(),
    revokedReason: z.string().nullable(),
    createdAt: instant,
    links: z.object({ self: z.string() }),
  })
  .openapi('Destination');
