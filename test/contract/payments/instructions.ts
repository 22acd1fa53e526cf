import { randomBytes } from 'node:crypto';
import type { PaymentInstruction, PaymentQuery } from '../../../integrations/payments';

/** What of a suite's world instructions are about. */
interface PaidShop {
  currency: string;
  /** A captured payment's provider id. */
  capture(amountMinor: number): Promise<string>;
}

/** What the suites instruct, at one instant. */
export interface Instructions {
  /** An instruction that is new, about a payment that was captured for it. */
  instructionOf(amountMinor?: number, capturedMinor?: number): Promise<PaymentInstruction>;
  again(first: PaymentInstruction): PaymentInstruction;
  queryOf(first: PaymentInstruction, providerRefundId?: string | null): PaymentQuery;
}

export function instructionsIn(world: () => PaidShop, now: string): Instructions {
  return {
    async instructionOf(amountMinor = 5_000, capturedMinor = 5_000) {
      const reference = `R${randomBytes(10).toString('hex').toUpperCase()}`;
      return {
        reference,
        refundId: `rf_${reference.toLowerCase()}`,
        providerPaymentId: await world().capture(capturedMinor),
        amountMinor,
        capturedMinor,
        currency: world().currency,
        now,
        instructedBefore: false,
      };
    },
    again: (first) => ({ ...first, instructedBefore: true }),
    queryOf: (first, providerRefundId = null) => ({
      reference: first.reference,
      providerPaymentId: first.providerPaymentId,
      providerRefundId,
      amountMinor: first.amountMinor,
      currency: first.currency,
      now,
    }),
  };
}
