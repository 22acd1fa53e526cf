import { applyTransition, type Effects } from '../../../domain/process';
import {
  cureOf,
  HOLD_RULES,
  holdRetryAt,
  isOverdue,
  type HoldCure,
  type HoldReason,
  type PaymentSighting,
} from '../../../domain/payment';
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

/** Every reason: what ends it, the refund's status, what the desk is asked at once, and after how many hours it is overdue. */
const REASONS: Record<HoldReason, [HoldCure, ProcessState['status'], string[], number | null]> = {
  payout_stopped: ['stop', 'paying', [], 24],
  daily_cap: ['time', 'paying', [], 48],
  exposure_limit: ['time', 'paying', [], 24],
  too_soon: ['time', 'paying', [], 1],
  cooling_off: ['time', 'paying', [], 72],
  risk_delay: ['time', 'paying', [], 96],
  above_daily_cap: ['person', 'paying', ['payment_held'], null],
  above_exposure_limit: ['person', 'paying', ['payment_held'], null],
  payee_unsettled: ['person', 'paying', ['payment_held'], null],
  disputed: ['person', 'paying', ['payment_held'], null],
  frozen: ['person', 'paying', ['payment_held'], null],
  contradicted: ['person', 'paying', ['payment_held'], null],
  refunded_elsewhere: ['person', 'paying', ['payment_held'], null],
  not_captured: ['person', 'paying', ['payment_held'], null],
  destination_changed: ['person', 'paying', ['payment_held'], null],
  snapshot_changed: ['person', 'paying', ['payment_held'], null],
  provider_not_configured: ['person', 'paying', ['payment_held'], null],
  provider_unreachable: ['provider', 'paying', ['payment_held'], 24],
  insufficient_funds: ['funds', 'awaiting_funds', ['awaiting_funds'], 24],
  balance_unknown: ['funds', 'awaiting_funds', ['awaiting_funds'], 24],
  below_floor: ['funds', 'awaiting_funds', ['awaiting_funds'], 24],
};
const rows = Object.entries(REASONS).map(([reason, row]) => [reason as HoldReason, ...row] as const);
const letterOf = (reason: HoldReason): string => (reason === 'disputed' ? 'refund_disputed' : 'refund_on_hold');
/** Who is told what. */
const told = (effects: Effects): string[][] => effects.messages.map(({ kind, recipient }) => [recipient, kind]);

test.each(rows)('%s is ended by %s, and is a person’s to see in time', (reason, cure, _status, desk, hours) => {
  expect(cureOf(reason)).toBe(cure);
  // What time alone does not end is asked about at once; nothing is held for ever without a person.
  expect(hours !== null || desk.length > 0).toBe(true);
  expect(desk.length > 0).toBe(cure === 'person' || cure === 'provider' || cure === 'funds');
  expect(isOverdue(reason, ACCEPTED_AT, after((hours ?? 0) * 60))).toBe(hours !== null);
  if (hours !== null) expect(isOverdue(reason, ACCEPTED_AT, after(hours * 60 - 1))).toBe(false);
  const { staff, customer } = HOLD_RULES[reason];
  for (const words of [...Object.values(staff), ...Object.values(customer)]) expect(words.length).toBeGreaterThan(10);
});

test.each(rows.flatMap(([reason, cure, , , hours]) => (hours === null ? [] : [[reason, cure, hours] as const])))(
  'held for %s longer than its %s should take, the customer is told once, and the desk is asked if it was not',
  (reason, cure, hours) => {
    const once = see(paying, 'held', reason);
    expect(told(once.effects).filter(([recipient]) => recipient === 'customer')).toEqual([]);
    const soon = see(once.state, 'held', reason, hours * 60 - 1);
    expect([kindsOf(soon.effects), soon.effects.messages]).toEqual([[], []]);
    const late = see(soon.state, 'held', reason, hours * 60);
    const asked = cure === 'funds' || cure === 'provider' ? [] : ['payment_held'];
    expect(kindsOf(late.effects)).toEqual(asked);
    expect(told(late.effects)).toEqual([
      ...asked.map(() => ['role:finance', 'desk_item_opened']),
      ['customer', 'refund_on_hold'],
    ]);
    expect(late.effects.messages.at(-1)).toMatchObject({ once: true, data: { holdReason: reason } });
    expect(late.effects.events).toEqual(['refund.held']);
    expect(late.state.legs[0]?.hold).toEqual({ reason, since: ACCEPTED_AT, overdue: true });
    const later = see(late.state, 'held', reason, hours * 60 + 30);
    const { messages, events, deskResolve } = later.effects;
    expect([kindsOf(later.effects), messages, events, deskResolve]).toEqual([[], [], [], []]);
    const item = cure === 'funds' ? 'awaiting_funds' : 'payment_held';
    expect(see(later.state, 'succeeded', undefined, hours * 60 + 60).effects.deskResolve).toContain(item);
    expect(see(later.state, 'held', 'not_captured', hours * 60 + 60).effects.deskResolve).toEqual([item]);
  },
);

test('a payment that is above a limit by itself says above which', () => {
  const held = sighting('held', 'above_daily_cap');
  const above = { ...held, hold: { reason: 'above_daily_cap', retryAt: after(5), limitMinor: 500 } };
  const { effects } = apply(paying, { kind: 'payment', legId: first, sighting: above }, ACCEPTED_AT);
  expect(effects.deskOpen).toMatchObject([
    { kind: 'payment_held', data: { reason: 'above_daily_cap', limitMinor: 500 } },
  ]);
});

test.each(rows.map(([reason, cure, status, desk]) => [reason, status, desk, cure] as const))(
  'a leg held for %s keeps its reference and attempt and waits; the refund is %s',
  (reason, status, desk, cure) => {
    const { state, effects } = see(paying, 'held', reason);
    expect(state.status).toBe(status);
    expect(state.legs[0]).toEqual({
      ...paying.legs[0],
      hold: { reason, since: ACCEPTED_AT },
      nextQueryAt: after(5),
      ...(reason === 'insufficient_funds' ? { unfundedSince: ACCEPTED_AT, refusals: 1 } : {}),
    });
    expect(kindsOf(effects)).toEqual(desk);
    expect(told(effects)).toEqual([
      ...desk.map(() => ['role:finance', 'desk_item_opened']),
      ...(cure === 'person' ? [['customer', letterOf(reason)]] : []),
      ...(status === 'awaiting_funds' ? [['crm', 'crm_sync']] : []),
    ]);
    expect(effects.events).toEqual(cure === 'person' ? ['refund.held'] : []);
  },
);

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

test('another reason for a person settles the item of the first, unless another leg is held, too', () => {
  const disputed = see(paying, 'held', 'disputed');
  const next = see(disputed.state, 'held', 'refunded_elsewhere', 10);
  expect([next.effects.deskResolve, kindsOf(next.effects)]).toEqual([['payment_held'], ['payment_held']]);
  const both = see(disputed.state, 'held', 'disputed', 5, second);
  expect(see(both.state, 'held', 'refunded_elsewhere', 10).effects.deskResolve).toEqual([]);
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
