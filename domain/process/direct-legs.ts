import type { Leg } from '../refund';
import { needsDestination } from '../destination';

/** Why the legs of a request cannot be sent where it says. */
export type DestinationRefusal =
  /** A payment cannot be refunded the way it came, and no account is named. */
  | { code: 'destination_required' }
  /** There is no such destination of this customer, or it is revoked. */
  | { code: 'destination_not_found'; destinationId: string }
  /** Every payment is refunded the way it came. */
  | { code: 'destination_not_needed' };

/**
 * Sends the legs that need an account to the one that the request names.
 * @param wantedId as the request names it; null: none
 * @param found the destination of that id, when this customer may use it
 */
export function directLegs(
  legs: readonly Leg[],
  wantedId: string | null,
  found: { id: string } | null,
): { legs: Leg[] } | { refused: DestinationRefusal } {
  const isNeeded = legs.some((leg) => needsDestination(leg.provider));
  if (!isNeeded) return wantedId === null ? { legs: [...legs] } : { refused: { code: 'destination_not_needed' } };
  if (wantedId === null) return { refused: { code: 'destination_required' } };
  if (found?.id !== wantedId) return { refused: { code: 'destination_not_found', destinationId: wantedId } };
  return { legs: legs.map((leg) => (needsDestination(leg.provider) ? { ...leg, destinationId: found.id } : leg)) };
}
