import { BOOK_ACCOUNTS, LEDGER_ACCOUNTS, TRANSFER_KINDS } from '../../domain/ledger';
import { amountMinor, currency, instant, positiveAmountMinor } from './common';
import { z } from './zod';

const account = z.enum(BOOK_ACCOUNTS);

/** GET /v1/refunds/{id}/ledger */
export const refundLedger = z
  .object({
    refundId: z.string(),
    transfers: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(TRANSFER_KINDS),
        debitAccount: account.openapi({ description: 'Receives the amount.' }),
        creditAccount: account.openapi({ description: 'Gives the amount.' }),
        amountMinor: positiveAmountMinor,
        currency,
        accounting: z.object({ currency, rate: z.string() }).nullable(),
        paymentId: z.string(),
        legId: z.string().nullable(),
        attempt: z.int().nullable(),
        at: instant,
      }),
    ),
    payments: z.array(
      z.object({
        paymentId: z.string(),
        paymentExternalId: z.string(),
        currency,
        balances: z.object(
          Object.fromEntries(LEDGER_ACCOUNTS.map((name) => [name, amountMinor])) as Record<
            (typeof LEDGER_ACCOUNTS)[number],
            typeof amountMinor
          >,
        ),
      }),
    ),
  })
  .openapi('RefundLedger');

/** GET /v1/journal */
export const journalQuery = z.strictObject({
  from: instant.openapi({ description: 'The first instant of the period.' }),
  to: instant.openapi({ description: 'The first instant after the period; it must lie in the past.' }),
});
