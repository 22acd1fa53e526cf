import type { HoldReason } from '../../../domain/payment';
import { isFinal, nextQueryAtOf, REFUND_STATUSES, waitingForOf, type ProcessState } from '../../../domain/refund';
import { accepted } from '../process/support';

const { state } = accepted();
const in10 = '2026-03-02T01:10:00.000Z';
const in20 = '2026-03-02T01:20:00.000Z';

const states: Record<ProcessState['status'], [Partial<ProcessState>, ReturnType<typeof waitingForOf>][]> = {
  accepted: [[{}, { kind: 'start', stage: null, who: null, dueAt: null, pausedSince: null, reason: null }]],
  in_review: [
    [
      {},
      {
        kind: 'stage',
        stage: 'first_review',
        who: 'role:reviewer',
        dueAt: state.stage?.dueAt ?? '',
        pausedSince: null,
        reason: null,
      },
    ],
    [
      { stage: state.stage && { ...state.stage, roles: ['reviewer', 'approver'] } },
      {
        kind: 'stage',
        stage: 'first_review',
        who: 'role:reviewer role:approver',
        dueAt: state.stage?.dueAt ?? '',
        pausedSince: null,
        reason: null,
      },
    ],
    [
      { stage: state.stage && { ...state.stage, onDesk: true } },
      {
        kind: 'desk',
        stage: 'first_review',
        who: 'role:finance',
        dueAt: state.stage?.dueAt ?? '',
        pausedSince: null,
        reason: null,
      },
    ],
    [{ stage: null }, { kind: 'desk', stage: null, who: null, dueAt: null, pausedSince: null, reason: null }],
  ],
  awaiting_customer: [
    [
      {
        stage: state.stage && { ...state.stage, pausedAt: in10 },
        answer: { kind: 'information', stageId: 'first_review', requestedAt: in10, deadlineAt: in20 },
      },
      { kind: 'customer', stage: 'first_review', who: 'customer', dueAt: in20, pausedSince: in10, reason: null },
    ],
    [
      {
        stage: null,
        answer: { kind: 'correction', stageId: 'second_review', requestedAt: in10, deadlineAt: in20 },
      },
      { kind: 'customer', stage: 'second_review', who: 'requester', dueAt: in20, pausedSince: null, reason: null },
    ],
  ],
  awaiting_goods: [[{}, { kind: 'goods', stage: null, who: null, dueAt: null, pausedSince: null, reason: null }]],
  cooling_off: [[{}, { kind: 'cooling_off', stage: null, who: null, dueAt: null, pausedSince: null, reason: null }]],
  awaiting_funds: [
    [{}, { kind: 'funds', stage: null, who: 'role:finance', dueAt: null, pausedSince: null, reason: null }],
  ],
  paying: [[{}, { kind: 'payment', stage: null, who: 'provider', dueAt: null, pausedSince: null, reason: null }]],
  payment_unknown: [
    [
      { legs: state.legs.map((leg, i) => ({ ...leg, nextQueryAt: i === 0 ? in20 : in10 })) },
      { kind: 'payment', stage: null, who: 'provider', dueAt: in10, pausedSince: null, reason: null },
    ],
  ],
  payment_failed: [
    [{}, { kind: 'desk', stage: null, who: 'role:finance', dueAt: null, pausedSince: null, reason: null }],
  ],
  paid: [
    [
      { arrival: { promisedBy: in20, watchUntil: in20, overdue: false } },
      { kind: 'arrival', stage: null, who: 'customer', dueAt: in20, pausedSince: null, reason: null },
    ],
  ],
  arrived: [[{}, null]],
  fulfilled: [[{}, null]],
  declined: [[{}, null]],
  withdrawn: [[{}, null]],
  expired: [[{}, null]],
};

test.each(REFUND_STATUSES)('what a refund that is %s waits for', (status) => {
  for (const [changes, waiting] of states[status])
    expect(waitingForOf({ ...state, status, ...changes })).toEqual(waiting);
});

const held = (reason: HoldReason): Partial<ProcessState> => ({
  legs: state.legs.map((leg, i) => (i === 0 ? { ...leg, hold: { reason, since: in10 }, nextQueryAt: in20 } : leg)),
});

test.each<[HoldReason, string, string | null]>([
  ['insufficient_funds', 'funds', 'role:finance'],
  ['below_floor', 'funds', 'role:finance'],
  ['balance_unknown', 'funds', 'role:finance'],
  ['payout_stopped', 'desk', 'role:finance'],
  ['disputed', 'desk', 'role:finance'],
  ['daily_cap', 'desk', 'role:finance'],
  ['above_daily_cap', 'desk', 'role:finance'],
  ['payee_unsettled', 'desk', 'role:finance'],
  ['provider_unreachable', 'desk', 'role:finance'],
  ['too_soon', 'payment', 'provider'],
  ['cooling_off', 'cooling_off', null],
  ['risk_delay', 'desk', 'role:finance'],
])('a payment that is held for %s waits for %s, and says until when', (reason, kind, who) => {
  expect(waitingForOf({ ...state, status: 'paying', ...held(reason) })).toEqual({
    kind,
    who,
    reason,
    stage: null,
    dueAt: in20,
    pausedSince: null,
  });
});

test('a refund waits for nothing exactly when it is over', () => {
  for (const status of REFUND_STATUSES) expect(waitingForOf({ ...state, status }) === null).toBe(isFinal(status));
});

test('the next query is the earliest of all legs', () => {
  const legs = state.legs.map((leg) => ({ ...leg, nextQueryAt: null }));
  expect(nextQueryAtOf(legs)).toBeNull();
  expect(nextQueryAtOf([])).toBeNull();
  expect(nextQueryAtOf(legs.map((leg, i) => ({ ...leg, nextQueryAt: i === 0 ? null : in10 })))).toBe(in10);
});
