import { instant, redressId } from './common';
import { z } from './zod';

/** GET /v1/risk/staff */
export const staffRiskQuery = z.strictObject({
  from: instant.openapi({ description: 'Approvals at or after this instant.' }),
  to: instant.openapi({ description: 'And before this one; at most 366 days later.' }),
});

export const staffRisk = z
  .object({
    period: z.object({ from: instant, to: instant }),
    approvals: z.int().openapi({ description: 'That were looked at: the newest of the period, at most 20,000.' }),
    signals: z.array(
      z.object({
        kind: z.enum(['pair', 'quick_approvals', 'split_below_threshold', 'payee_is_staff']),
        personId: redressId('pn'),
        customerId: redressId('cu').nullable(),
        refundIds: z.array(redressId('rf')),
        seen: z.record(z.string(), z.number()),
      }),
    ),
  })
  .openapi('StaffRisk');
