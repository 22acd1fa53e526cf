import type { CustomerInput } from './customers';

export interface OrderLineInput {
  externalId: string;
  sku: string;
  name: string;
  category?: string | undefined;
  quantity: number;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number;
  attributes: Record<string, string | number | boolean>;
}

export interface OrderPaymentInput {
  externalId: string;
  provider: string;
  providerPaymentId: string;
  merchantAccount: string;
  method: string;
  amountMinor: number;
  /** Undefined keeps what is stored. */
  refundedElsewhereMinor?: number | undefined;
  currency: string;
  accounting?: { currency: string; rate: string } | undefined;
  capturedAt: string;
}

export interface OrderInput {
  customer: CustomerInput;
  /** Undefined keeps what is stored. */
  sourceVersion?: number | undefined;
  currency: string;
  shippingMinor: number;
  placedAt: string;
  branch?: string | undefined;
  jurisdiction?: string | undefined;
  lines: OrderLineInput[];
  payments: OrderPaymentInput[];
}

/** Why an order was not written; nothing of it was. */
export type OrderRefusal =
  | { code: 'stale_order'; storedVersion: number; sentVersion: number }
  | { code: 'order_conflict'; reason: OrderConflict; lineExternalId: string | null }
  | { code: 'payment_conflict'; reason: PaymentConflict; paymentExternalId: string; boundMinor: number | null };

export type OrderConflict = 'customer_changed' | 'currency_changed' | 'line_removed' | 'line_changed';
export type PaymentConflict = 'used_by_another_order' | 'removed' | 'frozen_field' | 'below_bound';

/** Carries a refusal out of the transaction, which it rolls back. */
export class OrderRefused extends Error {
  override readonly name = 'OrderRefused';

  constructor(readonly refusal: OrderRefusal) {
    super(`The order was refused: ${refusal.code}`);
  }
}
