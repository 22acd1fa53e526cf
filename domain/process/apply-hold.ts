import {
  cureOf,
  holdRetryAt,
  isForDesk,
  isOverdue,
  waitsForFunds,
  type PaymentHold,
  type PaymentSighting,
} from '../payment';
import type { Leg, LegHold } from '../refund';
import { tellCustomerOnce, tellRoles, type Step } from './step';

/**
 * What keeps a leg after a sighting; null when nothing is known to.
 * 1. Nothing was sent for it, and nothing is known to be under way. An unknown leg that its provider is proven not to have
 *    stays unknown; it too is only sent again when the hold is over.
 * 2. Its provider has it and waits for our money: it is asked, not sent again. An answer that says nothing changes nothing.
 */
export function holdAfter(step: Step, leg: Leg, sighting: PaymentSighting): PaymentHold | null {
  if (leg.status === 'pending') {
    const stillWaits = leg.hold != null && (sighting.outcome === 'unknown' || sighting.outcome === 'held');
    return waitsForFunds(sighting) || stillWaits ? lackOfFunds(step, leg) : null;
  }
  const isUnsent = leg.status === 'reserved' || (leg.status === 'unknown' && leg.failure?.code === 'not_found');
  return sighting.outcome === 'held' && isUnsent ? (sighting.hold ?? null) : null;
}

/** The hold of a leg that its provider has too little money of ours for. */
export const lackOfFunds = ({ context }: Step, { unfundedSince }: Leg): PaymentHold => ({
  reason: 'insufficient_funds',
  retryAt: holdRetryAt('insufficient_funds', context.at, unfundedSince ?? null),
});

/** The leg waits until the hold is looked at again. Missing money, and what time alone does not cure, is a person's to see. */
export function holdLeg(step: Step, leg: Leg, hold: PaymentHold): void {
  const { state, context } = step;
  const before = leg.hold ?? null;
  leg.nextQueryAt = hold.retryAt;
  if (hold.reason === 'insufficient_funds') leg.unfundedSince ??= context.at;
  if (before?.reason === hold.reason) {
    lookWhenOverdue(step, leg, before, hold);
    return;
  }
  const hadFunds = state.legs.some(lacksFunds);
  // A further attempt goes on waiting for what the one before has waited for.
  const since = (hold.reason === 'insufficient_funds' ? leg.unfundedSince : undefined) ?? context.at;
  leg.hold = { reason: hold.reason, since };
  if (before) settleItems(step, leg, before);
  switch (cureOf(hold.reason)) {
    case 'funds':
      if (!hadFunds) ask(step, 'awaiting_funds', `funds:${context.at}`, leg, hold);
      break;
    case 'person':
      ask(step, 'payment_held', keyOf(leg, leg.hold), leg, hold);
      tellOfHold(step, hold);
      break;
    case 'provider':
      ask(step, 'payment_held', keyOf(leg, leg.hold), leg, hold);
      break;
    case 'time':
    case 'stop':
      break;
  }
}

/** The leg goes on: what the desk was asked about its hold is settled, unless another leg still waits for the same. */
export function releaseLeg(step: Step, leg: Leg): void {
  const before = leg.hold;
  if (!before) return;
  leg.hold = null;
  settleItems(step, leg, before);
}

/** What should have ended and has not: the desk is asked, unless it was asked already, and the customer told. */
function lookWhenOverdue(step: Step, leg: Leg, standing: LegHold, hold: PaymentHold): void {
  if (standing.overdue || !isOverdue(hold.reason, standing.since, step.context.at)) return;
  leg.hold = { ...standing, overdue: true };
  if (needsDeskWhenOverdue(hold.reason)) ask(step, 'payment_held', keyOf(leg, standing), leg, hold);
  tellOfHold(step, hold);
}

/** Once a refund: the customer is told why nothing comes yet, not each time that the reason changes. */
function tellOfHold(step: Step, { reason }: PaymentHold): void {
  tellCustomerOnce(step, reason === 'disputed' ? 'refund_disputed' : 'refund_on_hold', { holdReason: reason });
  step.effects.events.push('refund.held');
}

function ask(
  { effects }: Step,
  kind: 'payment_held' | 'awaiting_funds',
  key: string,
  leg: Leg,
  hold: PaymentHold,
): void {
  const { reason, limitMinor } = hold;
  const data = { legId: leg.id, reference: leg.reference, reason, amountMinor: leg.amountMinor };
  effects.deskOpen.push({ kind, key, dueAt: null, data: limitMinor === undefined ? data : { ...data, limitMinor } });
  tellRoles({ effects }, 'desk_item_opened', ['finance'], { deskKind: kind });
}

const keyOf = (leg: Leg, { since }: LegHold): string => `held:${leg.id}:${leg.attempt}:${since}`;

/** What the desk was asked about a hold that has ended; what it is asked about the next one is an item of its own. */
function settleItems({ state, effects }: Step, leg: Leg, ended: LegHold): void {
  if (isHeldOnDesk(ended) && !state.legs.some(({ id, hold }) => id !== leg.id && hold && isHeldOnDesk(hold)))
    effects.deskResolve.push('payment_held');
  if (cureOf(ended.reason) === 'funds' && !state.legs.some(lacksFunds)) effects.deskResolve.push('awaiting_funds');
}

const isHeldOnDesk = ({ reason, overdue }: LegHold): boolean =>
  isForDesk(cureOf(reason)) || (overdue === true && needsDeskWhenOverdue(reason));

const needsDeskWhenOverdue = (reason: LegHold['reason']): boolean =>
  cureOf(reason) !== 'funds' && !isForDesk(cureOf(reason));

const lacksFunds = ({ hold }: Leg): boolean => hold != null && cureOf(hold.reason) === 'funds';
