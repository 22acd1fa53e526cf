import type { PaymentRow, RefundRow } from './state';

/** The refund as Stripe shows it. Amounts in the currency's minor unit. */
export function refundObject(refund: RefundRow, payment: PaymentRow): Record<string, unknown> {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amountMinor,
    balance_transaction: refund.status === 'succeeded' ? refund.id.replace('re_', 'txn_') : null,
    charge: refund.chargeId,
    created: refund.createdAtSeconds,
    currency: refund.currency,
    customer: null,
    customer_account: null,
    destination_details: destinationDetails(refund, payment),
    ...(refund.failureReason === undefined
      ? {}
      : { failure_reason: refund.failureReason, failure_balance_transaction: refund.id.replace('re_', 'txn_f') }),
    metadata: refund.metadata,
    payment_intent: refund.paymentId,
    payment_method: payment.id.replace('pi_', 'pm_'),
    ...(refund.pendingReason === undefined ? {} : { pending_reason: refund.pendingReason }),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

function destinationDetails(refund: RefundRow, payment: PaymentRow): Record<string, unknown> {
  if (payment.paymentMethodType !== 'card') {
    return { type: payment.paymentMethodType, [payment.paymentMethodType]: {} };
  }
  return {
    type: 'card',
    card: {
      ...(refund.arn === undefined ? {} : { reference: refund.arn }),
      reference_status: refund.arn === undefined ? 'pending' : 'available',
      reference_type: 'acquirer_reference_number',
      type: 'refund',
    },
  };
}

/** The captured charge as Stripe shows it. */
export function chargeObject(payment: PaymentRow): Record<string, unknown> {
  return {
    id: payment.chargeId,
    object: 'charge',
    amount: payment.amountMinor,
    amount_captured: payment.amountMinor,
    amount_refunded: payment.refundedMinor,
    captured: true,
    created: payment.createdAtSeconds,
    currency: payment.currency,
    disputed: payment.disputed,
    livemode: false,
    metadata: payment.metadata,
    paid: true,
    payment_intent: payment.id,
    payment_method: payment.id.replace('pi_', 'pm_'),
    payment_method_details: { type: payment.paymentMethodType, [payment.paymentMethodType]: {} },
    refunded: payment.refundedMinor === payment.amountMinor,
    status: 'succeeded',
  };
}

/** The payment intent as Stripe shows it. */
export function paymentIntentObject(payment: PaymentRow): Record<string, unknown> {
  return {
    id: payment.id,
    object: 'payment_intent',
    amount: payment.amountMinor,
    amount_capturable: 0,
    amount_received: payment.amountMinor,
    capture_method: 'automatic',
    client_secret: null,
    confirmation_method: 'automatic',
    created: payment.createdAtSeconds,
    currency: payment.currency,
    customer: null,
    latest_charge: payment.chargeId,
    livemode: false,
    metadata: payment.metadata,
    payment_method: payment.id.replace('pi_', 'pm_'),
    payment_method_types: [payment.paymentMethodType],
    status: 'succeeded',
  };
}
