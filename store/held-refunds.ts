import type { HoldReason } from '../domain/payment';
import { PAYING_STATUSES } from '../domain/refund';
import type { Db } from './client';
import type { Mode } from './refund-views';

/**
 * Open refunds of a mode with a payment that is held for one of these reasons, those that wait longest first.
 * @param query.paymentId only what goes back to this payment
 */
export async function listHeldRefunds(
  db: Db,
  query: { mode: Mode; reasons: readonly HoldReason[]; paymentId?: string; limit: number },
): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT f.id FROM refunds f
    WHERE f.mode = ${query.mode}::"Mode" AND f.status = ANY(${[...PAYING_STATUSES]})
      AND EXISTS (SELECT 1 FROM jsonb_array_elements(f.process -> 'legs') leg
        WHERE leg -> 'hold' ->> 'reason' = ANY(${[...query.reasons]})
          AND leg ->> 'paymentId' = COALESCE(${query.paymentId ?? null}::text, leg ->> 'paymentId'))
    ORDER BY f.updated_at, f.id LIMIT ${query.limit}`;
  return rows.map((row) => row.id);
}

/** Since when a leg has been held for this reason, ISO; null when it is not. */
export async function readHeldSince(
  db: Db,
  leg: { refundId: string; legId: string },
  reason: HoldReason,
): Promise<string | null> {
  const [row] = await db.$queryRaw<{ since: string | null }[]>`
    SELECT leg -> 'hold' ->> 'since' AS since FROM refunds f
    CROSS JOIN LATERAL jsonb_array_elements(f.process -> 'legs') leg
    WHERE f.id = ${leg.refundId} AND leg ->> 'id' = ${leg.legId} AND leg -> 'hold' ->> 'reason' = ${reason}`;
  return row?.since ?? null;
}
