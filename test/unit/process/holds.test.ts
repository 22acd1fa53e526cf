import { applyTransition, type Effects } from '../../../domain/process';
import { holdRetryAt, type HoldReason, type PaymentSighting } from '../../../domain/payment';
import type { AttemptStatus } from '../../../domain/payment';
import type { ProcessState, Transition } from '../../../domain/refund';
import { accepted, ACCEPTED_AT, after, contextOf, person } from './support';

const { plan, state: asked } = accepted();
const paying: ProcessState = { ...asked, stage: null, status: 'paying' };
const [first, second] = paying.legs.map((leg) => leg.id) as [string, string];

const sighting = (outcome: PaymentSighting['outcome'], reason?: HoldReason, at = ACCEPTED_AT): PaymentSighting => ({
  source: 'reply',
  outcome,
  providerEventId: null,
  providerRefundId: null,
  amountMinor: null,
  failure: null,
  traceNumber: null,
  at,
  ...(reason ? { hold: { reason, retryAt: after(5, at) } } : {}),
});

let n = 0;
function apply(state: ProcessState, transition: object, at: string): { state: ProcessState; effects: Effects } {
  n += 1;
  const outcome = applyTransition(state, { id: `t_${n}`, ...transition } as Transition, contextOf(plan, state, at));
  if (outcome.refused) throw new Error(`Refused: ${outcome.refused.code}`);
  return outcome;
}

const see = (
  state: ProcessState,
  outcome: PaymentSighting['outcome'],
  reason?: HoldReason,
  minute = 0,
  legId = first,
) => apply(state, { kind: 'payment', legId, sighting: sighting(outcome, reason, after(minute)) }, after(minute));

const kindsOf = (effects: Effects): string[] => effects.deskOpen.map((item) => item.kind);

test.each<[HoldReason, ProcessState['status'], string[]]>([
  ['payout_stopped', 'paying', []],
  ['daily_cap', 'paying', []],
  ['exposure_limit', 'paying', []],
  ['too_soon', 'paying', []],
  ['cooling_off', 'paying', []],
  ['disputed', 'paying', ['payment_held']],
  ['refunded_elsewhere', 'paying', ['payment_held']],
  ['not_captured', 'paying', ['payment_held']],
  ['destination_changed', 'paying', ['payment_held']],
  ['snapshot_changed', 'paying', ['payment_held']],
  ['provider_unreachable', 'paying', ['payment_held']],
  ['provider_not_configured', 'paying', ['payment_held']],
  ['insufficient_funds', 'awaiting_funds', ['awaiting_funds']],
  ['below_floor', 'awaiting_funds', ['awaiting_funds']],
])('a leg held for %s keeps its reference and attempt and waits; the refund is %s', (reason, status, desk) => {
  const { state, effects } = see(paying, 'held', reason);
  expect(state.status).toBe(status);
  expect(state.legs[0]).toEqual({
    ...paying.legs[0],
    hold: { reason, since: ACCEPTED_AT },
    nextQueryAt: after(5),
  });
  expect(kindsOf(effects)).toEqual(desk);
  expect(effects.messages.map((message) => message.recipient)).toEqual(desk.length > 0 ? ['role:finance'] : []);
});

test('a hold that lasts opens its desk item once, and keeps since when it lasts', () => {
  const once = see(paying, 'held', 'disputed');
  const twice = see(once.state, 'held', 'disputed', 30);
  expect(kindsOf(twice.effects)).toEqual([]);
  expect(twice.effects.deskResolve).toEqual([]);
  expect(twice.state.legs[0]).toMatchObject({ hold: { since: ACCEPTED_AT }, nextQueryAt: after(35) });
});

test('another reason begins anew and settles what the desk was asked before', () => {
  const disputed = see(paying, 'held', 'disputed').state;
  const unfunded = see(disputed, 'held', 'insufficient_funds', 30);
  expect(unfunded.effects.deskResolve).toEqual(['payment_held']);
  expect(kindsOf(unfunded.effects)).toEqual(['awaiting_funds']);
  expect(unfunded.state.legs[0]?.hold).toEqual({ reason: 'insufficient_funds', since: after(30) });
  const again = see(see(unfunded.state, 'pending', undefined, 40).state, 'held', 'disputed', 50);
  // Pending: the provider has it, so a hold says nothing any more.
  expect(again.state.legs[0]).toMatchObject({ status: 'pending', hold: null });
});

test('held for the same a second time is a new item, not the old one', () => {
  const disputed = see(paying, 'held', 'disputed');
  const stopped = see(disputed.state, 'held', 'payout_stopped', 10);
  const back = see(stopped.state, 'held', 'disputed', 20);
  expect(back.effects.deskOpen[0]?.key).not.toBe(disputed.effects.deskOpen[0]?.key);
});

test.each<PaymentSighting['outcome']>(['pending', 'succeeded', 'failed', 'unknown'])(
  'a held leg that goes on and is %s is held no more, and its desk items are settled',
  (outcome) => {
    for (const [reason, kind] of [
      ['disputed', 'payment_held'],
      ['insufficient_funds', 'awaiting_funds'],
    ] as const) {
      const { state } = see(paying, 'held', reason);
      const next = see(state, outcome, undefined, 10);
      expect(next.state.legs[0]).toMatchObject({ status: outcome, hold: null });
      expect(next.effects.deskResolve).toContain(kind);
    }
  },
);

test('what another leg still waits for stays on the desk', () => {
  const one = see(paying, 'held', 'insufficient_funds').state;
  const two = see(one, 'held', 'insufficient_funds', 1, second);
  expect(kindsOf(two.effects)).toEqual([]);
  const paidOne = see(two.state, 'succeeded', undefined, 2);
  expect(paidOne.effects.deskResolve).toEqual([]);
  expect(paidOne.state.status).toBe('awaiting_funds');
  const paidBoth = see(paidOne.state, 'succeeded', undefined, 3, second);
  expect(paidBoth.effects.deskResolve).toContain('awaiting_funds');
  expect(paidBoth.state.status).toBe('paid');
});

test.each<AttemptStatus>(['pending', 'succeeded', 'failed', 'unknown'])(
  'a leg that is %s is not held: nothing is undone, and nothing is forgotten',
  (status) => {
    const before = see(paying, status as PaymentSighting['outcome']).state;
    const after1 = see(before, 'held', 'payout_stopped', 10);
    expect(after1.state.status).toBe(before.status);
    expect(after1.state.legs[0]?.status).toBe(status);
    expect(after1.state.legs[0]?.hold ?? null).toBeNull();
    expect(after1.state.legs[0]?.queries).toBe(before.legs[0]?.queries);
  },
);

test('what the provider is proven not to have stays unknown, and is not sent before its hold is looked at', () => {
  const [leg, ...others] = paying.legs;
  if (!leg) throw new Error('There is a leg.');
  const notFound = { ...leg, status: 'unknown', failure: { class: 'network', code: 'not_found' } } as const;
  const before: ProcessState = { ...paying, status: 'payment_unknown', legs: [notFound, ...others] };
  const { state } = see(before, 'held', 'payout_stopped');
  expect(state.status).toBe('payment_unknown');
  expect(state.legs[0]).toMatchObject({
    status: 'unknown',
    failure: { code: 'not_found' },
    hold: { reason: 'payout_stopped' },
    nextQueryAt: after(5),
  });
});

test('the desk has a hold looked at now, and only where there is one', () => {
  const action = { kind: 'desk_action', commandId: 'cm_1', actor: person('finance', ['finance']) } as const;
  const retry = { ...action, action: { act: 'retry_held' } } as const;
  const { state } = see(paying, 'held', 'payout_stopped');
  const acted = apply(state, retry, after(2));
  expect(acted.state.legs.map((leg) => leg.nextQueryAt)).toEqual([after(2), null]);
  expect(() => apply(paying, retry, after(2))).toThrow('action_not_available');
});

test('a hold before anything may be paid is kept as a note and holds nothing', () => {
  const { state, effects } = see({ ...asked }, 'held', 'disputed');
  expect(state.legs[0]?.hold ?? null).toBeNull();
  expect(kindsOf(effects)).toEqual([]);
  expect(effects.audit).toMatchObject([{ type: 'payment.sighted', data: { hold: 'disputed' } }]);
});

test.each<[HoldReason, waitedMinutes: number | null, waitMinutes: number]>([
  ['payout_stopped', null, 5],
  ['payout_stopped', 4, 5],
  ['payout_stopped', 40, 20],
  ['payout_stopped', 600, 60],
  ['insufficient_funds', 600, 60],
  ['disputed', null, 5],
  ['disputed', 600, 300],
  ['disputed', 6_000, 360],
  ['provider_unreachable', null, 5],
  ['provider_unreachable', 600, 15],
])('a hold for %s that has lasted %s minutes is looked at in %s', (reason, waited, wait) => {
  const now = after(100_000);
  const since = waited === null ? null : after(100_000 - waited);
  expect(holdRetryAt(reason, now, since)).toBe(after(100_000 + wait));
});
