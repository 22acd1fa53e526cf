import { cureOf, isForDesk, type HoldCure, type PaymentHold, type PaymentSighting } from '../payment';
import type { Leg } from '../refund';
import { tellRoles, type Step } from './step';

/**
 * Whether a sighting holds a leg: nothing was sent for it, and nothing is known to be under way. An unknown leg that its
 * provider is proven not to have stays unknown; it too is only sent again when the hold is over.
 */
export const isHeld = (
  leg: Leg,
  sighting: PaymentSighting,
): sighting is PaymentSighting & { outcome: 'held'; hold: PaymentHold } =>
  sighting.outcome === 'held' &&
  sighting.hold !== undefined &&
  (leg.status === 'reserved' || (leg.status === 'unknown' && leg.failure?.code === 'not_found'));

/** The leg waits until the hold is looked at again. What time does not cure, and missing money, is a person's to see. */
export function holdLeg(step: Step, leg: Leg, hold: PaymentHold): void {
  const { state, effects, context } = step;
  const before = leg.hold ?? null;
  leg.nextQueryAt = hold.retryAt;
  if (before?.reason === hold.reason) return;
  const hadFunds = waits(state.legs, isFunds);
  leg.hold = { reason: hold.reason, since: context.at };
  settleItems(step, before && cureOf(before.reason));
  const cure = cureOf(hold.reason);
  const data = { legId: leg.id, reference: leg.reference, reason: hold.reason, amountMinor: leg.amountMinor };
  if (isForDesk(cure)) {
    effects.deskOpen.push({
      kind: 'payment_held',
      key: `held:${leg.id}:${leg.attempt}:${context.at}`,
      dueAt: null,
      data,
    });
    tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'payment_held' });
  }
  if (cure === 'funds' && !hadFunds) {
    effects.deskOpen.push({ kind: 'awaiting_funds', key: `funds:${context.at}`, dueAt: null, data });
    tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'awaiting_funds' });
  }
}

/** The leg goes on: what the desk was asked about its hold is settled, unless another leg still waits for the same. */
export function releaseLeg(step: Step, leg: Leg): void {
  const before = leg.hold;
  if (!before) return;
  leg.hold = null;
  settleItems(step, cureOf(before.reason));
}

function settleItems({ state, effects }: Step, cure: HoldCure | null): void {
  if (cure !== null && isForDesk(cure) && !waits(state.legs, isForDesk)) effects.deskResolve.push('payment_held');
  if (cure === 'funds' && !waits(state.legs, isFunds)) effects.deskResolve.push('awaiting_funds');
}

const isFunds = (cure: HoldCure): boolean => cure === 'funds';

const waits = (legs: Leg[], isSo: (cure: HoldCure) => boolean): boolean =>
  legs.some((leg) => leg.hold != null && isSo(cureOf(leg.hold.reason)));
