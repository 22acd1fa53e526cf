import { Router } from 'express';
import { AmountError } from '../../domain/money';
import { bookExchange, readRefund, type ExchangeOutcome } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { readingOf, requireRefundId } from '../middleware/refund-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { registerRoute } from '../openapi-registry';
import { presentRefund } from '../presenters/refund';
import { Problem, type ProblemCode } from '../problems';
import { settlementRateBody } from '../schemas/exchange';
import { refundAnswer, refundParams } from '../schemas/refunds';
import type { AppDeps, Principal } from '../types';

registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/settlement-rate',
  tag: 'Refunds',
  summary: 'Book the rate at which a paid leg was settled',
  description:
    'For legs whose capture states a rate to the currency of the books. The exchange difference is the leg at this rate less the leg at the rate of its capture. Booked once; the same rate again changes nothing.',
  roles: ['finance'],
  idempotent: true,
  request: { params: refundParams, body: settlementRateBody },
  responses: { 200: { description: 'The refund, with the difference on the leg.', schema: refundAnswer } },
  problems: ['refund_not_found', 'payment_not_found', 'leg_not_paid', 'no_accounting_rate', 'settlement_rate_booked'],
});

const REFUSALS: Record<Exclude<ExchangeOutcome, 'booked' | 'same'>, ProblemCode> = {
  no_such_payment: 'payment_not_found',
  not_paid: 'leg_not_paid',
  no_accounting: 'no_accounting_rate',
  other_rate_booked: 'settlement_rate_booked',
};

/** POST /v1/refunds/{id}/settlement-rate */
export function settlementRateRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireRefundId);

  router.post(
    '/v1/refunds/:id/settlement-rate',
    requireRole('finance'),
    idempotent(deps, { kind: 'book_exchange', body: settlementRateBody }, async (req, _command, body) => {
      const principal = principalOf(req);
      const refundId = String(req.params['id']);
      const outcome = await book(deps, principal, refundId, body);
      if (outcome !== 'booked' && outcome !== 'same')
        throw new Problem(REFUSALS[outcome], { params: { paymentExternalId: body.paymentExternalId } });
      const refund = await readRefund(deps.db, principal.mode, refundId);
      if (!refund) throw new Problem('refund_not_found');
      return { status: 200, body: await presentRefund(deps, refund, readingOf(req)) };
    }),
  );

  return router;
}

async function book(
  deps: AppDeps,
  principal: Principal,
  refundId: string,
  body: { paymentExternalId: string; rate: string },
): Promise<ExchangeOutcome> {
  const { paymentExternalId, rate } = body;
  const actor = { kind: principal.kind, id: principal.personId ?? principal.keyId };
  try {
    const nowIso = deps.clock().toISOString();
    return await bookExchange(
      deps.db,
      { mode: principal.mode, refundId, leg: { paymentExternalId }, settlement: { rate, settledMinor: null }, actor },
      nowIso,
    );
  } catch (error) {
    if (!(error instanceof AmountError)) throw error;
    throw new Problem('invalid_request', { errors: [{ path: 'rate', code: 'too_large', message: error.message }] });
  }
}
