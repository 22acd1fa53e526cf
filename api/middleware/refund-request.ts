import type { Request, RequestParamHandler } from 'express';

import type { Reading } from '../presenters/refund';
import { Problem } from '../problems';
import { refundParams } from '../schemas/refunds';
import { principalOf } from './require-role';

/** Who reads the answer, and in which language. @throws Problem unauthenticated */
export const readingOf = (req: Request): Reading => ({ principal: principalOf(req), language: req.language });

/** What is no id of a refund is none that exists; it never reaches the database. @throws Problem refund_not_found */
export const requireRefundId: RequestParamHandler = (_req, _res, next, id: string) => {
  if (!refundParams.safeParse({ id }).success) throw new Problem('refund_not_found');
  next();
};
