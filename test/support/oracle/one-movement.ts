import type { Movement } from '../../../sandbox';
import { toMinor, type Db } from '../../../store';
import { grouped, moved, violated, type Violation } from './input';

/**
 * 2. What was approved moves money exactly once: one movement for a leg that is paid, whichever attempt it took, none for
 * one that is not, and no movement that nobody asked for.
 */
export async function oneMovement(db: Db, ledger: Movement[]): Promise<Violation[]> {
  const allocations = await db.allocation.findMany({ include: { attempts: true, refund: true } });
  const attempts = allocations.flatMap((leg) => leg.attempts.map((attempt) => ({ ...attempt, refund: leg.refund })));
  const byReference = grouped(ledger.filter(moved), (movement) => movement.reference);
  const known = new Set(attempts.map((attempt) => attempt.reference));
  const found = [
    ...ledger
      .filter((movement) => !known.has(movement.reference))
      .map((movement) => `movement ${movement.reference}: no attempt has this reference`),
    ...attempts.flatMap((attempt) => {
      const movements = byReference.get(attempt.reference) ?? [];
      const name = `attempt ${attempt.reference} (${attempt.status}, refund ${attempt.refund.status})`;
      if (movements.length > 1) return [`${name}: paid ${movements.length} times`];
      const [only] = movements;
      if (attempt.route === 'manual') return only ? [`${name}: moved though it was paid by hand`] : [];
      if (attempt.status === 'succeeded')
        return only?.status === 'succeeded' && only.amountMinor === toMinor(attempt.amountMinor)
          ? []
          : [`${name}: paid without a movement of its amount`];
      if (only && attempt.status === 'reserved') return [`${name}: moved before it was instructed`];
      if (only && attempt.status === 'failed') return [`${name}: moved and said to have failed`];
      if (only && attempt.status === 'returned') return [`${name}: said to have come back and still out`];
      return [];
    }),
    ...allocations.flatMap((leg) => {
      const paid = leg.attempts.filter((attempt) => byReference.has(attempt.reference));
      return paid.length > 1
        ? [`leg ${leg.id}: money moved under ${paid.map((attempt) => attempt.reference).join(' and ')}`]
        : [];
    }),
  ];
  return found.map((what) => violated('one_movement', what));
}
