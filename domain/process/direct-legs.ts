import type { Leg } from '../refund';

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
 * @param needsDestination whether a provider's payments are refunded to an account that must be named: nothing leads back
 *   the way they came
 */
export function directLegs(
  legs: readonly Leg[],
  wantedId: string | null,
  found: { id: string } | null,
  needsDestination: (provider: string) => boolean,
): { legs: Leg[] } | { refused: DestinationRefusal } {
  const isDirected = (leg: Leg): boolean => leg.route === 'destination' || needsDestination(leg.provider);
  const isNeeded = legs.some(isDirected);
  if (!isNeeded) return wantedId === null ? { legs: [...legs] } : { refused: { code: 'destination_not_needed' } };
  if (wantedId === null) return { refused: { code: 'destination_required' } };
  if (found?.id !== wantedId) return { refused: { code: 'destination_not_found', destinationId: wantedId } };
  return { legs: legs.map((leg) => (isDirected(leg) ? { ...leg, destinationId: found.id } : leg)) };
}
