import { isFinal, nextQueryAtOf, REFUND_STATUSES, waitingForOf, type ProcessState } from '../../../domain/refund';
import { accepted } from '../process/support';

const { state } = accepted();
const in10 = '2026-03-02T01:10:00.000Z';
const in20 = '2026-03-02T01:20:00.000Z';

const states: Record<ProcessState['status'], [Partial<ProcessState>, ReturnType<typeof waitingForOf>][]> = {
  accepted: [[{}, { kind: 'start', stage: null, who: null, dueAt: null, pausedSince: null }]],
  in_review: [
    [
      {},
      {
        kind: 'stage',
        stage: 'first_review',
        who: 'role:reviewer',
        dueAt: state.stage?.dueAt ?? '',
        pausedSince: null,
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
      },
    ],
    [
      { stage: state.stage && { ...state.stage, onDesk: true } },
      { kind: 'desk', stage: 'first_review', who: 'role:finance', dueAt: state.stage?.dueAt ?? '', pausedSince: null },
    ],
    [{ stage: null }, { kind: 'desk', stage: null, who: null, dueAt: null, pausedSince: null }],
  ],
  awaiting_customer: [
    [
      {
        stage: state.stage && { ...state.stage, pausedAt: in10 },
        answer: { kind: 'information', stageId: 'first_review', requestedAt: in10, deadlineAt: in20 },
      },
      { kind: 'customer', stage: 'first_review', who: 'customer', dueAt: in20, pausedSince: in10 },
    ],
    [
      {
        stage: null,
        answer: { kind: 'correction', stageId: 'second_review', requestedAt: in10, deadlineAt: in20 },
      },
      { kind: 'customer', stage: 'second_review', who: 'requester', dueAt: in20, pausedSince: null },
    ],
  ],
  awaiting_goods: [[{}, { kind: 'goods', stage: null, who: null, dueAt: null, pausedSince: null }]],
  cooling_off: [[{}, { kind: 'cooling_off', stage: null, who: null, dueAt: null, pausedSince: null }]],
  awaiting_funds: [[{}, { kind: 'funds', stage: null, who: null, dueAt: null, pausedSince: null }]],
  paying: [[{}, { kind: 'payment', stage: null, who: 'provider', dueAt: null, pausedSince: null }]],
  payment_unknown: [
    [
      { legs: state.legs.map((leg, i) => ({ ...leg, nextQueryAt: i === 0 ? in20 : in10 })) },
      { kind: 'payment', stage: null, who: 'provider', dueAt: in10, pausedSince: null },
    ],
  ],
  payment_failed: [[{}, { kind: 'desk', stage: null, who: 'role:finance', dueAt: null, pausedSince: null }]],
  paid: [
    [
      { arrival: { promisedBy: in20, watchUntil: in20, overdue: false } },
      { kind: 'arrival', stage: null, who: 'customer', dueAt: in20, pausedSince: null },
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

test('a refund waits for nothing exactly when it is over', () => {
  for (const status of REFUND_STATUSES) expect(waitingForOf({ ...state, status }) === null).toBe(isFinal(status));
});

test('the next query is the earliest of all legs', () => {
  const legs = state.legs.map((leg) => ({ ...leg, nextQueryAt: null }));
  expect(nextQueryAtOf(legs)).toBeNull();
  expect(nextQueryAtOf([])).toBeNull();
  expect(nextQueryAtOf(legs.map((leg, i) => ({ ...leg, nextQueryAt: i === 0 ? null : in10 })))).toBe(in10);
});
