import type { Movement } from '../../../sandbox';
import { toMinor, type Db } from '../../../store';
import { moved, sumOf, violated, type Violation } from './input';

/**
 * 1. Succeeded and under way together are never more than was captured: by our books, whose sums are those of their rows,
 * and by the provider's ledger.
 */
export async function withinCapture(db: Db, ledger: Movement[] | null): Promise<Violation[]> {
  const payments = await db.payment.findMany({
    include: { allocations: { include: { attempts: true } }, reservations: true },
  });
  return payments.flatMap((payment) => {
    const captured = toMinor(payment.capturedMinor);
    const refunded = toMinor(payment.refundedMinor);
    const reserved = toMinor(payment.reservedMinor);
    const attempts = payment.allocations.flatMap((allocation) => allocation.attempts);
    const references = new Set(attempts.map((attempt) => attempt.reference));
    const succeeded = sumOf(
      attempts.filter((attempt) => attempt.status === 'succeeded'),
      (attempt) => toMinor(attempt.amountMinor),
    );
    const held = sumOf(
      payment.reservations.filter((reservation) => reservation.state === 'held'),
      (reservation) => toMinor(reservation.amountMinor) - toMinor(reservation.settledMinor),
    );
    const provider = sumOf(
      (ledger ?? []).filter((one) => moved(one) && (references.has(one.reference) || isOf(payment, one))),
      (one) => one.amountMinor,
    );
    const found = [
      ...(refunded + reserved > captured ? [`${refunded} refunded + ${reserved} reserved of ${captured}`] : []),
      ...(provider > captured ? [`the provider moved ${provider} of ${captured}`] : []),
      ...(refunded !== succeeded ? [`refunded ${refunded}, attempts say ${succeeded}`] : []),
      ...(reserved !== held ? [`reserved ${reserved}, reservations say ${held}`] : []),
    ];
    return found.map((what) => violated('within_capture', `payment ${payment.id}: ${what}`));
  });
}

const isOf = (payment: { provider: string; providerPaymentId: string }, movement: Movement): boolean =>
  movement.provider === payment.provider && movement.paymentId === payment.providerPaymentId;
