import { isRate } from '../../domain/money';
import { externalId } from './common';
import { z } from './zod';

/** POST /v1/refunds/{id}/settlement-rate */
export const settlementRateBody = z
  .strictObject({
    paymentExternalId: externalId,
    rate: z
      .string()
      .refine(isRate, { params: { code: 'invalid_rate' }, message: 'invalid_rate' })
      .openapi({
        description: 'Units of the currency of the books for one unit of the refund’s, as a decimal text.',
        example: '7.2101',
      }),
  })
  .openapi('SettlementRate');
