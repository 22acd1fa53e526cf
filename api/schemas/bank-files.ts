import { HOLDER_VS_CUSTOMER } from '../../domain/destination';
import { BANK_FILE_STATUSES } from '../../store';
import { instant, pageOf, pageQuery, redressId } from './common';
import { z } from './zod';

export const bankFileParams = z.strictObject({ id: redressId('bf') });

const status = z.enum(BANK_FILE_STATUSES);

/** GET /v1/bank-files */
export const bankFilesQuery = z.strictObject({ ...pageQuery, status: status.optional() });

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .openapi({ description: 'SHA-256 of the file, hex.' });

/** POST /v1/bank-files/{id}/approvals */
export const approveBankFileBody = z
  .strictObject({ sha256: sha256.openapi({ description: 'Of the file that you were shown.' }) })
  .openapi('BankFileApproval');

/** POST /v1/bank-files/{id}/rejection */
export const rejectBankFileBody = z
  .strictObject({ reason: z.string().trim().min(1).max(500).openapi({ description: 'For those who read it later.' }) })
  .openapi('BankFileRejection');

const bankFile = {
  id: redressId('bf'),
  merchantAccount: z.string(),
  reference: z.string(),
  refundId: redressId('rf'),
  status,
  amountMinor: z.int(),
  currency: z.string(),
  payments: z.int().openapi({ description: 'Payments in the file: one.' }),
  sha256,
  approvals: z.array(z.object({ personId: z.string(), at: instant })),
  createdAt: instant,
  releasedAt: instant.nullable(),
  deliveredAt: instant.nullable(),
  rejectedAt: instant.nullable(),
  rejectionReason: z.string().nullable(),
  links: z.object({ self: z.string(), refund: z.string() }),
};

export const bankFileAnswer = z
  .object({
    ...bankFile,
    lines: z.array(
      z.object({
        reference: z.string(),
        refundId: z.string(),
        amountMinor: z.int(),
        currency: z.string(),
        account: z.string(),
        holderName: z.string().nullable(),
        holderVsCustomer: z.enum(HOLDER_VS_CUSTOMER).nullable().openapi({
          description: 'How the holder’s name compares with the customer’s; see Destination.',
        }),
        destinationId: z.string().nullable(),
      }),
    ),
  })
  .openapi('BankFile');

export const bankFilePage = pageOf(z.object(bankFile))
  .extend({
    sums: z
      .array(
        z.object({
          merchantAccount: z.string(),
          status,
          currency: z.string(),
          count: z.int(),
          amountMinor: z.int(),
        }),
      )
      .openapi({ description: 'Over all files, not over this page.' }),
  })
  .openapi('BankFilePage');
