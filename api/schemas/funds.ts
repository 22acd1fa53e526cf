import { MAX_AMOUNT_MINOR } from '../../domain/money';
import { currency, instant, pageOf } from './common';
import { z } from './zod';

/** PUT /v1/funds/{provider}/{merchantAccount} */
export const fundsParams = z.strictObject({
  provider: z.string().regex(/^[a-z][a-z_]{0,31}$/),
  merchantAccount: z.string().regex(/^[\w.-]{1,128}$/),
});

export const balanceBody = z
  .strictObject({
    currency,
    balanceMinor: z
      .int()
      .min(-MAX_AMOUNT_MINOR)
      .max(MAX_AMOUNT_MINOR)
      .openapi({ description: 'What the account held, in minor units; below zero when it is overdrawn.' }),
    asOf: instant.openapi({ description: 'When it held that. What Redress has instructed since is taken off.' }),
  })
  .openapi('BalanceInput');

const counted = z.object({ count: z.int(), amountMinor: z.int() });

export const fundsView = z
  .object({
    provider: z.string(),
    merchantAccount: z.string(),
    currency: z.string(),
    unfunded: counted.openapi({
      description:
        'Approved refunds that wait for money, also those that the provider has taken and keeps until there is some.',
    }),
    inFlight: counted.openapi({ description: 'Instructed, and not proven; without what waits for money.' }),
    balance: z.object({ statedMinor: z.int(), asOf: instant, estimatedMinor: z.int() }).nullable(),
    floorMinor: z.int().nullable(),
    balanceNeeded: z.boolean().openapi({
      description:
        'True while a floor is in force and no balance is stated, or one that is too old: then nothing leaves. State the balance.',
    }),
    topUpMinor: z
      .int()
      .openapi({ description: 'What to pay in so that all that waits can leave and the floor stays.' }),
  })
  .openapi('Funds');

export const fundsList = pageOf(fundsView);
