import { randomId, type Form } from '../http';
import { invalidParameter, resourceMissing } from './errors';
import { metadataOf, onlyKnown, optionalAmount, optionalText } from './parameters';
import type { PaymentRow, StripeState } from './state';

/** What a new captured payment needs. Amount in minor units, currency ISO 4217 in any case. */
export interface NewPayment {
  readonly id: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly paymentMethodType?: string;
  readonly disputed?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The row of a payment that was captured now. The charge's id follows from the payment's. */
export function capturedPayment(payment: NewPayment): PaymentRow {
  return {
    id: payment.id,
    chargeId: `ch_${payment.id.replace(/^pi_/, '')}`,
    amountMinor: payment.amountMinor,
    refundedMinor: 0,
    currency: payment.currency.toLowerCase(),
    paymentMethodType: payment.paymentMethodType ?? 'card',
    disputed: payment.disputed ?? false,
    metadata: payment.metadata ?? {},
    createdAtSeconds: Math.floor(Date.now() / 1000),
  };
}

/**
 * The payment that the parameters of `POST /v1/payment_intents` describe. Only payments that are captured at once exist
 * here: `confirm=true` is required.
 */
export function paymentFromForm(form: Form): PaymentRow {
  onlyKnown(form, [
    'amount',
    'currency',
    'confirm',
    'metadata',
    'payment_method',
    'payment_method_types',
    'automatic_payment_methods',
    'return_url',
    'description',
    'expand',
  ]);
  const amountMinor = optionalAmount(form, 'amount');
  if (amountMinor === undefined) throw missing('amount');
  const currency = optionalText(form, 'currency');
  if (currency === undefined) throw missing('currency');
  if (!/^[a-z]{3}$/i.test(currency)) throw invalidParameter('currency', `Invalid currency: ${currency}`);
  if (form['confirm'] !== 'true') {
    throw invalidParameter('confirm', 'This sandbox knows captured payments alone: send confirm=true.');
  }
  return capturedPayment({ id: randomId('pi_'), amountMinor, currency, metadata: metadataOf(form) });
}

function missing(name: string): Error {
  return invalidParameter(name, `Missing required param: ${name}.`, 'parameter_missing');
}

/**
 * The payment that a refund names.
 * @param status 400 when a parameter names it, 404 when the path does
 * @throws StripeRefusal `resource_missing`
 */
export function paymentById(state: StripeState, id: string, param: string, status: 400 | 404): PaymentRow {
  const payment = state.payments.get(id);
  if (payment === undefined) throw resourceMissing('payment_intent', id, param, status);
  return payment;
}

/** The payment behind a charge; its id is derived, so no index is needed. */
export function paymentByCharge(state: StripeState, chargeId: string, param: string, status: 400 | 404): PaymentRow {
  const payment = state.payments.get(chargeId.replace(/^ch_/, 'pi_'));
  if (payment === undefined || payment.chargeId !== chargeId) {
    throw resourceMissing('charge', chargeId, param, status);
  }
  return payment;
}
