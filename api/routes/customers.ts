import { Router } from 'express';
import { setCustomerTier } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { customerParams, customerTierBody, customerTierView } from '../schemas/customers';
import { personActOf } from '../two-persons';
import type { AppDeps } from '../types';

registerRoute({
  method: 'post',
  path: '/v1/customers/:externalId/tier',
  tag: 'Orders',
  summary: 'Set how a customer is valued',
  description:
    'By hand. Work for a VIP stands eight hours further ahead in the lists of tasks; who may decide, and how many, stays the same. Conditions of policies read it as `customer.tier`.',
  roles: ['admin'],
  idempotent: true,
  request: { params: customerParams, body: customerTierBody },
  responses: { 200: { description: 'What it was and is.', schema: customerTierView } },
  problems: ['customer_not_found', 'person_needed'],
});

/** /v1/customers */
export function customerRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/customers/:externalId/tier',
    requireRole('admin'),
    idempotent(deps, { kind: 'set_customer_tier', body: customerTierBody }, async (req, command, { tier }) => {
      const { externalId } = parseParams(customerParams, req);
      const change = await setCustomerTier(deps.db, personActOf(req, command, deps.clock()), { externalId, tier });
      if (!change) throw new Problem('customer_not_found');
      return { status: 200, body: change };
    }),
  );

  return router;
}
