import { Prisma } from './generated/prisma/client';

/*
 * What of a payment can still be refunded, in minor units, never below zero: the cap, by what its shop has stated and its
 * provider has shown also where the books could not take it. The interlocks hold what goes beyond (store/interlocks.ts).
 */

/** As a part of a statement over `payments`. */
export const REFUNDABLE_MINOR = Prisma.sql`GREATEST(0, LEAST(captured_minor, stated_captured_minor) - refunded_minor
  - GREATEST(refunded_elsewhere_minor, stated_elsewhere_minor) - disputed_minor - reserved_minor)`;

/** Of a row that is read. */
export function refundableMinor(payment: {
  capturedMinor: bigint;
  refundedMinor: bigint;
  refundedElsewhereMinor: bigint;
  disputedMinor: bigint;
  reservedMinor: bigint;
  statedCapturedMinor: bigint | null;
  statedElsewhereMinor: bigint | null;
}): bigint {
  const { capturedMinor, statedCapturedMinor, refundedElsewhereMinor, statedElsewhereMinor } = payment;
  const captured =
    statedCapturedMinor !== null && statedCapturedMinor < capturedMinor ? statedCapturedMinor : capturedMinor;
  const elsewhere =
    statedElsewhereMinor !== null && statedElsewhereMinor > refundedElsewhereMinor
      ? statedElsewhereMinor
      : refundedElsewhereMinor;
  const left = captured - payment.refundedMinor - elsewhere - payment.disputedMinor - payment.reservedMinor;
  return left > 0n ? left : 0n;
}
