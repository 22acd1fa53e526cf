import type { Actor } from '../refund';

/** Whether a person stands behind an actor: systems, and customers by their token, decide nothing. */
export const isPerson = (actor: Actor): actor is Actor & { personId: string } =>
  actor.kind === 'person' && actor.personId !== null;
