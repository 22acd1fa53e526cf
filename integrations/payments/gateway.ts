import type { PaymentSighting } from '../../domain/payment';
import type { GatewayCapabilities } from './capabilities';

/** The world a key, an account and every row belong to; nothing crosses. */
export type Mode = 'live' | 'test';

/** One instruction to refund. The same reference, amount and payment however often it is repeated. */
export interface PaymentInstruction {
  /** Fixed before the first call, for ever: `A–Z0–9`, at most 32 characters. */
  reference: string;
  refundId: string;
  providerPaymentId: string;
  /** ISO 4217 minor units. */
  amountMinor: number;
  currency: string;
  /** What was captured with the payment, in the same unit; some providers want it repeated with every refund of it. */
  capturedMinor?: number;
  /** ISO instant at which the instruction is given. */
  now: string;
  /**
   * False only when it is certain that this reference was never sent: the attempt's row had no `instructedAt` before this
   * call. Otherwise the provider is asked for the reference before anything is sent again.
   * @default true
   */
  instructedBefore?: boolean;
  /**
   * How often the provider is known to have refused this reference for want of money: never more often than it has.
   * @default 0
   */
  refusals?: number;
}

/** A question for what became of an instruction. */
export interface PaymentQuery {
  reference: string;
  providerPaymentId: string;
  /** The provider's id of the refund, when one is known. */
  providerRefundId: string | null;
  amountMinor: number;
  currency: string;
  /** When the reference was first about to be sent, ISO instant; null or absent: not known. */
  instructedAt?: string | null;
  now: string;
}

/** The failure code of a query that proves that the provider has nothing under the reference. */
export const NOT_FOUND = 'not_found';

/**
 * One account at one payment provider. The contract, proven by test/contract/payments/gateway-suite.ts:
 *
 * 1. One reference moves money at most once, however often, in whatever order and after whatever loss it is instructed.
 * 2. `failed` is said only when no money moved under the reference and none will; `succeeded` only when the provider
 *    says so. Whatever is ambiguous is `unknown`, never thrown.
 * 3. `unknown` with the code `not_found` means: the provider has nothing under this reference. Then the instruction may be
 *    repeated with the same reference.
 * 4. GatewayBusyError is thrown only when this call certainly did nothing.
 * 5. `held` is said only of an instruction that the provider has refused for want of money, that moved nothing, and that may
 *    be given again under the same reference. What it takes and keeps until it has money is `pending` with a failure of the
 *    class `insufficient_merchant_funds`; what spends its reference for want of money is `failed` with that class.
 * 6. Amounts in sightings are what the provider says, in ISO 4217 minor units; the caller compares them.
 */
export interface PaymentGateway {
  readonly provider: string;
  readonly capabilities: GatewayCapabilities;
  /** @throws GatewayBusyError */
  instruct(instruction: PaymentInstruction): Promise<PaymentSighting>;
  /** @throws GatewayBusyError */
  query(query: PaymentQuery): Promise<PaymentSighting>;
}

/** The provider could not be reached or asks to slow down: this call certainly did nothing and may be repeated. */
export class GatewayBusyError extends Error {
  override readonly name = 'GatewayBusyError';

  constructor(
    readonly provider: string,
    readonly code: string,
    readonly retryAfterMs: number,
  ) {
    super(`${provider} is busy (${code}); ask again in ${retryAfterMs} ms.`);
  }
}
