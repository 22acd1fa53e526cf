/*
 * What of a payment is left, in exact minor units of its currency: bigint, as the books keep it.
 */

/** What is spoken for of a payment, beside what is refunded elsewhere. */
export interface SpokenFor {
  capturedMinor: bigint;
  refundedMinor: bigint;
  disputedMinor: bigint;
  reservedMinor: bigint;
}

/** A payment with what its shop has stated and its provider has shown that the books could not take; null where they could. */
export interface PaymentBalances extends SpokenFor {
  refundedElsewhereMinor: bigint;
  statedCapturedMinor: bigint | null;
  statedElsewhereMinor: bigint | null;
}

/**
 * What can still be refunded, never below zero: the cap, by what is stated also where the books could not take it. The
 * interlocks hold what goes beyond.
 */
export function refundableMinor(payment: PaymentBalances): bigint {
  const { capturedMinor, statedCapturedMinor, refundedElsewhereMinor, statedElsewhereMinor } = payment;
  const captured = smaller(capturedMinor, statedCapturedMinor ?? capturedMinor);
  const elsewhere = larger(refundedElsewhereMinor, statedElsewhereMinor ?? 0n);
  return larger(0n, captured - payment.refundedMinor - elsewhere - payment.disputedMinor - payment.reservedMinor);
}

/**
 * What the books take of what is refunded elsewhere, beside what is spoken for.
 * @param atLeastMinor what is booked in any case
 * @param provenMinor what the provider has shown
 * @returns `statedMinor`: all of it when it does not fit, else null
 */
export function fitElsewhere(
  payment: SpokenFor,
  atLeastMinor: bigint,
  provenMinor: bigint,
): { bookedMinor: bigint; statedMinor: bigint | null } {
  const roomMinor = payment.capturedMinor - payment.refundedMinor - payment.disputedMinor - payment.reservedMinor;
  const bookedMinor = larger(atLeastMinor, smaller(provenMinor, roomMinor));
  return { bookedMinor, statedMinor: provenMinor > bookedMinor ? provenMinor : null };
}

/** The larger of two amounts. */
export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
