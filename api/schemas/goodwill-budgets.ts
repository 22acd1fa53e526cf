import { BUDGET_STATES } from '../../store';
import { amountMinor, currency, instant, positiveAmountMinor, redressId } from './common';
import { z } from './zod';

const name = z.string().trim().min(1).max(200);
const branch = z.string().min(1).max(128);

/** POST /v1/goodwill-budgets */
export const goodwillBudgetBody = z
  .strictObject({
    name,
    branch: branch.optional().openapi({ description: 'Left out: of all branches.' }),
    currency,
    periodFrom: instant,
    periodTo: instant,
    limitMinor: positiveAmountMinor,
  })
  .refine((body) => Date.parse(body.periodFrom) < Date.parse(body.periodTo), {
    params: { code: 'ends_before_it_begins' },
    message: 'ends_before_it_begins',
    path: ['periodTo'],
  })
  .openapi('GoodwillBudgetInput');

export const goodwillBudgetParams = z.strictObject({ id: redressId('gb') });

export const goodwillBudgetView = z
  .object({
    id: redressId('gb'),
    name,
    branch: branch.nullable(),
    currency,
    periodFrom: instant,
    periodTo: instant,
    limitMinor: amountMinor,
    reservedMinor: amountMinor.openapi({ description: 'Held for refunds that are not paid or over.' }),
    spentMinor: amountMinor,
    state: z.enum(BUDGET_STATES),
    proposedBy: z.string(),
    proposedAt: instant,
    confirmedBy: z.string().nullable(),
    confirmedAt: instant.nullable(),
  })
  .openapi('GoodwillBudget');

export const goodwillBudgetList = z.object({ data: z.array(goodwillBudgetView) }).openapi('GoodwillBudgets');
