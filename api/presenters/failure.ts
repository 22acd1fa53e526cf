import { FAILURE_RULES, isFailureClass, type FailureRule, type PaymentFailure } from '../../domain/payment';
import type { PublicLeg } from '../../domain/refund';
import type { Language } from '../types';
import type { Reader } from './explanation';

/** The words of a failure for one reader: staff read what to do, everybody else what a customer may be told. */
export const failureText =
  (reader: Reader, language: Language) =>
  (failure: PaymentFailure): string =>
    FAILURE_RULES[failure.class][reader === 'reviewer' ? 'staff' : 'customer'][language];

/** For staff: what is done next, and whose work it is. */
export function ownedFailure<Leg extends PublicLeg>(leg: Leg): Leg {
  const { failure } = leg;
  if (failure === null) return leg;
  const { nextAction, ownerRole, sameReference } = FAILURE_RULES[failure.class];
  return { ...leg, failure: { ...failure, nextAction, ownerRole, sameReference } };
}

/** For customers: the provider's own code says nothing to them, and that our money is missing is ours to know. */
export function plainFailure<Leg extends PublicLeg>(leg: Leg): Leg {
  if (leg.failure === null) return leg;
  const isOurs = leg.failure.class === 'insufficient_merchant_funds';
  return { ...leg, failure: { ...leg.failure, class: isOurs ? 'unknown' : leg.failure.class, code: null } };
}

/** What a desk item's failure asks for: next action, owner and words for staff; null when it tells of no failure. */
export function failureOfDeskItem(
  data: Readonly<Record<string, unknown>>,
  language: Language,
): (Pick<FailureRule, 'nextAction' | 'ownerRole' | 'sameReference'> & { class: string; message: string }) | null {
  const failureClass = data['failureClass'];
  if (!isFailureClass(failureClass)) return null;
  const { nextAction, ownerRole, sameReference, staff } = FAILURE_RULES[failureClass];
  return { class: failureClass, nextAction, ownerRole, sameReference, message: staff[language] };
}
