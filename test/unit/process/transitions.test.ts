import fc from 'fast-check';
import { applyTransition, type TransitionOutcome } from '../../../domain/process';
import {
  isFinal,
  waitingForOf,
  type DecisionKind,
  type Plan,
  type ProcessState,
  type Transition,
} from '../../../domain/refund';
import type { PaymentSighting } from '../../../domain/payment';
import { accepted, ACCEPTED_AT, after, contextOf, decision, person, STAFF } from './support';

/** What may happen next, as a fuzzer says it: read against the state it meets, so that many moves are legal. */
interface Move {
  act: 'decide' | 'inform' | 'withdraw' | 'receipt' | 'desk' | 'clock' | 'pay' | 'event';
  who: number;
  decision: DecisionKind;
  /** Which of the possible ones: a stage, a leg, an amount, a version that is stale. */
  pick: number;
  outcome: PaymentSighting['outcome'];
  minutes: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constant('decide' as const) },
    { weight: 3, arbitrary: fc.constant('pay' as const) },
    { weight: 2, arbitrary: fc.constantFrom('inform' as const, 'clock' as const, 'event' as const) },
    { weight: 1, arbitrary: fc.constantFrom('withdraw' as const, 'receipt' as const, 'desk' as const) },
  ),
  who: fc.nat({ max: STAFF.length - 1 }),
  decision: fc.oneof(
    { weight: 4, arbitrary: fc.constant('approve' as const) },
    { weight: 1, arbitrary: fc.constantFrom('decline' as const, 'send_back' as const, 'request_info' as const) },
  ),
  pick: fc.nat({ max: 11 }),
  outcome: fc.constantFrom('pending', 'succeeded', 'succeeded', 'failed', 'unknown', 'held'),
  minutes: fc.integer({ min: 1, max: 600 }),
});

const HOLDS = ['payout_stopped', 'disputed', 'insufficient_funds'] as const;

interface Step {
  before: ProcessState;
  transition: Transition;
  outcome: TransitionOutcome;
}

/** Plays moves, each at its own time; a move that has no meaning in the state it meets is left out. */
function play(moves: Move[], begin: { plan: Plan; state: ProcessState }): Step[] {
  const steps: Step[] = [];
  let { state } = begin;
  let at = ACCEPTED_AT;
  for (const [n, one] of moves.entries()) {
    at = after(one.minutes, at);
    const next = transitionOf(one, state, n);
    if (!next) continue;
    if ('until' in next && next.until > at) at = next.until;
    const before = JSON.parse(JSON.stringify(state)) as ProcessState;
    const context = contextOf(begin.plan, state, at, {
      answered: {
        changed: one.pick % 2 === 0 || lowered(one, state) !== null,
        amountMinor: lowered(one, state),
        lines: null,
        amounts: null,
        contradiction: null,
      },
      sighted: one.act === 'event' ? sightingOf(one, state, at) : null,
    });
    const outcome = applyTransition(state, next.transition, context);
    expect(state).toStrictEqual(before);
    steps.push({ before, transition: next.transition, outcome });
    state = outcome.state;
  }
  return steps;
}

const lowered = ({ pick }: Move, state: ProcessState): number | null =>
  pick % 3 === 0 && state.amountMinor > 100 ? state.amountMinor - 100 : null;

function sightingOf({ pick, outcome }: Move, state: ProcessState, at: string) {
  const leg = state.legs[pick % state.legs.length];
  if (!leg) throw new Error('A refund has a leg.');
  return {
    legId: pick === 11 ? 'al_other' : leg.id,
    attempt: leg.attempt,
    sighting: {
      source: 'event' as const,
      outcome,
      providerEventId: 'pe_1',
      providerRefundId: 're_1',
      amountMinor: pick === 10 ? 1 : leg.amountMinor,
      failure: outcome === 'failed' ? ({ class: 'network', code: 'x' } as const) : null,
      traceNumber: null,
      ...(outcome === 'held'
        ? { hold: { reason: HOLDS[pick % HOLDS.length] ?? 'disputed', retryAt: after(5, at) } }
        : {}),
      at,
    },
  };
}

function transitionOf(one: Move, state: ProcessState, n: number): { transition: Transition; until?: string } | null {
  const id = `t_${n}`;
  const actor = person(STAFF[one.who]?.personId ?? '');
  const { stage, answer } = state;
  switch (one.act) {
    case 'decide':
      return {
        transition: decision(
          actor,
          {
            stage: stage && one.pick < 10 ? stage.id : 'second_review',
            decision: one.decision,
            snapshotVersion: one.pick === 9 ? state.snapshotVersion - 1 : state.snapshotVersion,
            approvedAmountMinor:
              one.decision === 'approve' && one.pick < 3
                ? Math.max(1, (state.approvedAmountMinor ?? state.amountMinor) - one.pick * 150_000)
                : one.pick === 8
                  ? state.amountMinor + 1
                  : null,
          },
          n,
        ),
      };
    case 'inform':
      return { transition: { id, kind: 'information', commandId: id, actor } };
    case 'withdraw':
      return { transition: { id, kind: 'withdrawal', commandId: id, actor } };
    case 'receipt':
      return { transition: { id, kind: 'receipt', commandId: id, actor } };
    case 'desk':
      return {
        transition: {
          id,
          kind: 'desk_action',
          commandId: id,
          actor,
          action:
            one.pick % 3 === 0
              ? { act: 'reassign', stage: stage?.id ?? 'first_review', role: 'approver' }
              : one.pick % 3 === 1
                ? { act: 'extend', stage: stage?.id ?? 'first_review', businessMinutes: 240 }
                : one.pick % 2 === 0
                  ? { act: 'retry_held' }
                  : { act: 'query_payment' },
        },
      };
    case 'clock': {
      if (answer) return { transition: { id, kind: 'answer_overdue', answer }, until: answer.deadlineAt };
      const rung = stage?.rungs[0];
      if (!stage || !rung) return null;
      return {
        transition: { id, kind: 'rung', stageId: stage.id, round: state.round, rung },
        until: rung.at,
      };
    }
    case 'pay': {
      if (!['paying', 'awaiting_funds', 'payment_unknown', 'payment_failed'].includes(state.status)) return null;
      const { legId, sighting } = sightingOf({ ...one, pick: one.pick % 2 }, state, ACCEPTED_AT);
      return { transition: { id, kind: 'payment', legId, sighting: { ...sighting, source: 'reply' } } };
    }
    case 'event':
      return { transition: { id, kind: 'provider_event', providerEventId: 'pe_1' } };
  }
}

/** Working days are counted in each: enough to meet every pair of moves, few enough to stay fast. */
const RUNS = 60;

const runs = (check: (step: Step, plan: Plan) => void): void => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const begin = accepted();
      for (const step of play(moves, begin)) check(step, begin.plan);
    }),
    { numRuns: RUNS },
  );
};

test('a transition takes the next seq exactly when it is not refused; a refusal changes nothing', () => {
  runs(({ before, outcome }) => {
    if (outcome.refused) expect(outcome.state).toStrictEqual(before);
    else expect(outcome.state.seq).toBe(before.seq + 1);
  });
});

test('a state is its own JSON, so that history, workflow and Postgres hold the same', () => {
  runs(({ outcome }) => {
    expect(JSON.parse(JSON.stringify(outcome.state))).toStrictEqual(outcome.state);
    if (!outcome.refused) expect(JSON.parse(JSON.stringify(outcome.effects))).toStrictEqual(outcome.effects);
  });
});

test('legs never come to more than is asked or approved, and to just that once paying begins', () => {
  runs(({ outcome: { state } }) => {
    const legsMinor = state.legs.reduce((sum, leg) => sum + leg.amountMinor, 0);
    const capMinor = state.approvedAmountMinor ?? state.amountMinor;
    expect(legsMinor).toBe(capMinor);
    expect(capMinor).toBeLessThanOrEqual(state.amountMinor);
    expect(state.legs.every((leg) => Number.isSafeInteger(leg.amountMinor) && leg.amountMinor >= 0)).toBe(true);
    if (state.status === 'paying') expect(state.legs.every((leg) => leg.amountMinor > 0)).toBe(true);
  });
});

test('nobody who is excluded decides, and nobody approves twice in one round', () => {
  runs(({ before, transition, outcome }) => {
    if (outcome.refused || transition.kind !== 'decision') return;
    expect(before.excluded.map((one) => one.personId)).not.toContain(transition.actor.personId);
    expect(transition.actor.roles.some((role) => before.stage?.roles.includes(role))).toBe(true);
    expect(transition.content.snapshotVersion).toBe(before.snapshotVersion);
    if (transition.content.decision === 'approve')
      expect(outcome.state.excluded).toContainEqual({
        personId: transition.actor.personId,
        rule: 'earlier_stage',
        at: outcome.state.lastDecision?.at,
      });
  });
});

test('money is instructed only when every stage of the plan was approved in the same round', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const begin = accepted();
      let approvals: string[] = [];
      for (const { transition, outcome, before } of play(moves, begin)) {
        if (outcome.refused) continue;
        if (outcome.state.round !== before.round) approvals = [];
        if (transition.kind === 'decision' && transition.content.decision === 'approve')
          approvals.push(transition.content.stage);
        if (/^(paying|awaiting_funds|payment_|paid|arrived)/.test(outcome.state.status))
          expect(approvals).toEqual(begin.plan.stages.map((stage) => stage.id));
      }
    }),
    { numRuns: RUNS },
  );
});

test('what is over stays over, and nothing is open in it', () => {
  runs(({ before, outcome }) => {
    if (isFinal(before.status)) expect(outcome.state.status).toBe(before.status);
    if (!isFinal(outcome.state.status)) return;
    expect(outcome.state.stage).toBeNull();
    expect(outcome.state.answer).toBeNull();
    expect(waitingForOf(outcome.state)).toBeNull();
  });
});

test('a refund in review is never left alone: a rung is to come, or it is on the desk', () => {
  runs(({ outcome: { state } }) => {
    if (state.status !== 'in_review') return;
    expect(state.stage?.pausedAt).toBeNull();
    expect(state.stage?.onDesk === true || (state.stage?.rungs.length ?? 0) > 0).toBe(true);
    expect(waitingForOf(state)?.kind).toBe(state.stage?.onDesk === true ? 'desk' : 'stage');
  });
});

test('whoever waits for an answer has a deadline, and the stage is open or paused with its refund', () => {
  runs(({ outcome: { state } }) => {
    expect(state.status === 'awaiting_customer').toBe(state.answer !== null);
    expect(state.answer?.kind === 'information').toBe(state.stage !== null && state.stage.pausedAt !== null);
    expect(state.stage !== null).toBe(state.status === 'in_review' || state.answer?.kind === 'information');
  });
});

test('rungs come in order of time, and none that has fallen comes back but by a new clock', () => {
  runs(({ before, transition, outcome }) => {
    const rungs = outcome.state.stage?.rungs ?? [];
    expect(rungs.map((rung) => rung.at)).toEqual(rungs.map((rung) => rung.at).toSorted());
    if (outcome.refused || transition.kind !== 'rung') return;
    expect(rungs).toHaveLength((before.stage?.rungs.length ?? 0) - 1);
    expect(rungs).not.toContainEqual(transition.rung);
  });
});

test('the snapshot version never falls, and rises when an amount that decisions are bound to changes', () => {
  runs(({ before, outcome: { state } }) => {
    expect(state.snapshotVersion).toBeGreaterThanOrEqual(before.snapshotVersion);
    const changed =
      state.amountMinor !== before.amountMinor ||
      (state.approvedAmountMinor !== before.approvedAmountMinor && state.round === before.round);
    if (changed) expect(state.snapshotVersion).toBeGreaterThan(before.snapshotVersion);
  });
});

test('each kind of letter goes to each recipient at most once a transition', () => {
  runs(({ outcome }) => {
    if (outcome.refused) return;
    const keys = outcome.effects.messages.map(({ kind, channel, recipient }) => `${kind} ${channel} ${recipient}`);
    expect(keys.length).toBe(new Set(keys).size);
  });
});

test('a proven leg stays proven, and money that moved is settled once', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const settled: string[] = [];
      for (const { before, outcome } of play(moves, accepted())) {
        for (const leg of before.legs.filter((one) => one.status === 'succeeded' || one.status === 'failed'))
          expect(outcome.state.legs.find((one) => one.id === leg.id)?.status).toBe(leg.status);
        if (!outcome.refused)
          settled.push(...outcome.effects.attempts.filter((one) => one.settled).map((one) => one.legId));
      }
      expect(settled.length).toBe(new Set(settled).size);
    }),
    { numRuns: RUNS },
  );
});

describe('a notification about money that nobody here sent', () => {
  const event: Transition = { id: 'pe_1', kind: 'provider_event', providerEventId: 'pe_1' };
  const sighted = (state: ProcessState, outcome: PaymentSighting['outcome']) =>
    sightingOf({ act: 'event', who: 0, decision: 'approve', pick: 0, outcome, minutes: 1 }, state, after(5));
  const statuses = ['in_review', 'awaiting_customer', 'declined', 'withdrawn', 'expired'] as const;

  test.each(statuses)('never stands for an approval while the refund is %s: a person looks', (status) => {
    const { plan, state } = accepted();
    const before = { ...state, status };
    for (const outcome of ['pending', 'succeeded', 'failed'] as const) {
      const result = applyTransition(
        before,
        event,
        contextOf(plan, state, after(5), { sighted: sighted(state, outcome) }),
      );
      expect(result).toMatchObject({ refused: null, state: { status, legs: state.legs } });
      if (result.refused) throw new Error('refused');
      expect(result.effects.attempts).toEqual([]);
      expect(result.effects.deskOpen.map((item) => item.kind)).toEqual(['payment_contradiction']);
    }
  });

  test('after arrival it changes no status', () => {
    const { plan, state } = accepted();
    const legs = state.legs.map((leg) => ({ ...leg, status: 'succeeded' as const }));
    const arrived = { ...state, legs, status: 'arrived' as const, stage: null };
    for (const outcome of ['pending', 'succeeded', 'failed', 'unknown'] as const) {
      const result = applyTransition(
        arrived,
        event,
        contextOf(plan, arrived, after(5), { sighted: sighted(arrived, outcome) }),
      );
      expect(result).toMatchObject({ refused: null, state: { status: 'arrived', legs } });
    }
  });
});

test('each failed leg gets its own desk item', () => {
  const { plan, state } = accepted();
  let paying: ProcessState = { ...state, status: 'paying', stage: null };
  const keys: string[] = [];
  for (const pick of [0, 1]) {
    const { legId, sighting } = sightingOf(
      { act: 'pay', who: 0, decision: 'approve', pick, outcome: 'failed', minutes: 1 },
      paying,
      after(5),
    );
    const result = applyTransition(
      paying,
      { id: `p_${pick}`, kind: 'payment', legId, sighting },
      contextOf(plan, paying, after(5)),
    );
    if (result.refused) throw new Error('refused');
    keys.push(...result.effects.deskOpen.map((item) => item.key));
    paying = result.state;
  }
  expect(keys).toEqual(['failed:al_1:1', 'failed:al_2:1']);
});

test('a stage that has ended is overdue no more, however it ended', () => {
  for (const [kind, resolved] of [
    ['approve', ['stage_overdue']],
    ['send_back', ['stage_overdue']],
    ['decline', ['stage_overdue', 'no_eligible_person']],
  ] as const) {
    const { plan, state } = accepted();
    const result = applyTransition(
      state,
      decision(person('reviewer'), { stage: 'first_review', decision: kind }),
      contextOf(plan, state, after(30)),
    );
    if (result.refused) throw new Error('refused');
    expect(result.effects.deskResolve).toEqual(expect.arrayContaining([...resolved]));
  }
});

const DAY = 1440;

describe('an appeal that was entered by a key', () => {
  const { plan, state } = accepted();
  const declined: ProcessState = { ...state, status: 'declined', stage: null, appeal: { until: after(DAY) } };
  const appealedBy = (personId: string | null) => {
    const actor = { kind: 'system' as const, id: 'key', personId, roles: ['agent'] };
    const transition: Transition = { id: 'cm_a', kind: 'appeal', commandId: 'cm_a', actor };
    const behindKey = [
      { personId: 'reviewer', rule: 'key_owner' as const },
      { personId: 'approver', rule: 'key_creator' as const },
    ];
    return applyTransition(declined, transition, contextOf(plan, declined, after(60), { behindKey }));
  };

  test('is decided neither by its owner nor by whoever made it', () => {
    const { state: appealed } = appealedBy(null);
    expect(appealed.excluded).toEqual([
      { personId: 'reviewer', rule: 'key_owner', at: after(60) },
      { personId: 'approver', rule: 'key_creator', at: after(60) },
    ]);
    const decided = decision(person('reviewer'), { stage: 'first_review', snapshotVersion: 2 });
    expect(applyTransition(appealed, decided, contextOf(plan, appealed, after(90))).refused).toMatchObject({
      code: 'same_person',
      data: { rule: 'key_owner' },
    });
  });

  test('names nobody twice', () => {
    expect(appealedBy('reviewer').state.excluded.map(({ personId, rule }) => [personId, rule])).toEqual([
      ['reviewer', 'requester'],
      ['approver', 'key_creator'],
    ]);
  });
});

test('a raise opens a round that is counted as one', () => {
  const { plan, state } = accepted();
  const lower = decision(person('reviewer'), { stage: 'first_review', approvedAmountMinor: 500_000 });
  const before = applyTransition(state, lower, contextOf(plan, state, after(60))).state;
  const more = decision(
    person('approver'),
    { stage: 'second_review', snapshotVersion: 2, approvedAmountMinor: 600_000 },
    1,
  );
  const raised = applyTransition(before, more, contextOf(plan, before, after(90))).state;
  expect([before.raises, raised.round, raised.raises]).toEqual([undefined, 2, 1]);
});
