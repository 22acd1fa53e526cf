import { CUSTOMER_TIERS } from '../../domain/approval';
import { externalId } from './common';
import { z } from './zod';

export const customerParams = z.strictObject({ externalId });

/** POST /v1/customers/{externalId}/tier */
export const customerTierBody = z.strictObject({ tier: z.enum(CUSTOMER_TIERS) }).openapi('CustomerTierInput');

export const customerTierView = z
  .object({ externalId: z.string(), before: z.string(), tier: z.enum(CUSTOMER_TIERS) })
  .openapi('CustomerTier');
