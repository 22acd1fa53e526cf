import fc from 'fast-check';
import { addBusinessDays, type BusinessCalendar } from '../../../domain/calendar';
import { applyTransition, movesAnything, replan, type TransitionOutcome } from '../../../domain/process';
import type { Actor, Plan, ProcessState, Transition } from '../../../domain/refund';
import { accepted, ACCEPTED_AT, after, calendar, contextOf, decision, person } from './support';

const DAY = 1440;
const apply = (
  state: ProcessState,
  plan: Plan,
  transition: Transition,
  at: string,
  by: BusinessCalendar = calendar,
): TransitionOutcome => applyTransition(state, transition, contextOf(plan, state, at, { calendar: by }));
const moved = (state: ProcessState, plan: Plan, at: string, by: BusinessCalendar): TransitionOutcome =>
  apply(state, plan, { id: 'cr_1', kind: 'replan', replanId: 'cr_1' }, at, by);
const asked = (state: ProcessState, plan: Plan, at: string, by: BusinessCalendar = calendar): ProcessState =>
  apply(state, plan, decision(person('reviewer'), { stage: 'first_review', decision: 'request_info' }), at, by).state;
const answered = (state: ProcessState, plan: Plan, at: string): TransitionOutcome =>
  apply(state, plan, { id: 'cm_i', kind: 'information', commandId: 'cm_i', actor: {} as Actor }, at);
const closedOn = (...dates: string[]): BusinessCalendar => ({
  ...calendar,
  overrides: { ...calendar.overrides, ...Object.fromEntries(dates.map((date) => [date, 'closed' as const])) },
});

describe('a calendar that was changed', () => {
  // Accepted on Monday, 2 March 2026, at nine in Shanghai; first review is due at six that day.
  const { plan, state } = accepted();

  it('moves the open stage and the rungs to come by whole days that were closed, and says from when to when', () => {
    const outcome = moved(state, plan, after(30), closedOn('2026-03-02'));
    expect(outcome).toMatchObject({
      state: { stage: { dueAt: after(DAY, state.stage?.dueAt), openedAt: ACCEPTED_AT } },
      effects: {
        stageDues: [{ stageId: 'first_review', round: 1, dueAt: after(DAY, state.stage?.dueAt) }],
        stages: [],
        messages: [],
        audit: [{ type: 'refund.replanned', data: { dueBefore: state.stage?.dueAt, replanId: 'cr_1' } }],
      },
    });
    const at = (one: ProcessState, act: string) => one.stage?.rungs.find((rung) => rung.act === act)?.at;
    expect(at(outcome.state, 'remind')).toBe(after(DAY, at(state, 'remind')));
    // The first response goes by the wall clock.
    expect(at(outcome.state, 'first_response')).toBe(at(state, 'first_response'));
  });

  it('moves nothing the second time, and refuses so', () => {
    const by = closedOn('2026-03-02');
    const once = moved(state, plan, after(30), by).state;
    expect(moved(once, plan, after(60), by)).toEqual({
      refused: { code: 'nothing_to_replan', data: { status: 'in_review' } },
      state: once,
    });
  });

  it('lets no rung fall again that has fallen', () => {
    const rung = state.stage?.rungs[0];
    if (!rung) throw new Error('no rung');
    const reminded = apply(
      state,
      plan,
      { id: 'r', kind: 'rung', stageId: 'first_review', round: 1, rung },
      rung.at,
    ).state;
    const outcome = moved(reminded, plan, after(1, rung.at), closedOn('2026-03-02'));
    expect(outcome.state.stage?.rungs.filter(({ act }) => act === 'remind').map(({ n }) => n)).toEqual([2]);
  });

  it('keeps what the desk has set, and counts it from when it was set', () => {
    const extended = apply(
      state,
      plan,
      {
        id: 'cm_d',
        kind: 'desk_action',
        commandId: 'cm_d',
        actor: person('finance', ['finance']),
        action: { act: 'extend', stage: 'first_review', businessMinutes: 2 * 480 },
      },
      after(60),
    ).state;
    const outcome = moved(extended, plan, after(90), closedOn('2026-03-03'));
    expect(outcome.state.stage?.dueAt).toBe(after(DAY, extended.stage?.dueAt));
  });

  it('counts pauses that have ended, and leaves a clock that stands still standing', () => {
    const paused = asked(state, plan, after(60));
    const went = answered(paused, plan, after(60 + DAY)).state;
    expect(went.stage?.clock?.pauses).toEqual([
      { reason: 'information', startedAt: after(60), endedAt: after(60 + DAY) },
    ]);
    expect(movesAnything(replan(went, { plan, calendar }))).toBe(false);
    // Nothing of that Monday counts then, and on Tuesday it goes on at ten: one hour is left for Wednesday.
    expect(replan(went, { plan, calendar: closedOn('2026-03-02') }).stage?.dueAt).toBe('2026-03-04T02:00:00.000Z');
    expect(replan(went, { plan, calendar: closedOn('2026-03-03') }).stage?.dueAt).toBe('2026-03-04T09:00:00.000Z');
    const stands = moved(paused, plan, after(90), closedOn('2026-03-02')).state;
    expect(stands.stage).toMatchObject({ pausedAt: after(60), dueAt: after(DAY, state.stage?.dueAt) });
  });

  it('puts off the day by which somebody outside answers, and never brings it forward', () => {
    const paused = asked(state, plan, after(60));
    const later = replan(paused, { plan, calendar: closedOn('2026-03-03') }).answer;
    expect(later?.deadlineAt).toBe(after(DAY, paused.answer?.deadlineAt));
    const longer: BusinessCalendar = {
      ...calendar,
      overrides: { ...calendar.overrides, '2026-03-03': [{ startMinute: 0, endMinute: 1440 }] },
    };
    expect(Date.parse(addBusinessDays(longer, after(60), plan.informationBusinessDays))).toBeLessThan(
      Date.parse(paused.answer?.deadlineAt ?? ''),
    );
    expect(replan(paused, { plan, calendar: longer }).answer).toBeNull();
  });

  it('moves neither what is not in review nor a stage from before its clock was kept', () => {
    const declined = apply(
      state,
      plan,
      decision(person('reviewer'), { stage: 'first_review', decision: 'decline' }),
      after(10),
    ).state;
    expect(moved(declined, plan, after(30), closedOn('2026-03-02')).refused?.code).toBe('nothing_to_replan');
    const { clock: _clock, ...stage } = state.stage ?? { clock: undefined };
    const old = { ...state, stage: stage as ProcessState['stage'] };
    expect(moved(old, plan, after(30), closedOn('2026-03-02')).refused?.code).toBe('nothing_to_replan');
  });

  it('that cannot answer for a year keeps the refund as it is, and names the year', () => {
    const by = { ...calendar, certifiedYears: [2025] };
    expect(moved(state, plan, after(30), by)).toMatchObject({
      refused: { code: 'calendar_not_certified', data: { year: 2026 } },
      state,
    });
  });

  it('comes to the same whether it was so from the beginning or is so from now on', () => {
    const dates = fc.uniqueArray(fc.integer({ min: 2, max: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(dates, fc.integer({ min: 1, max: 400 }), (days, minutes) => {
        const by = closedOn(...days.map((day) => `2026-03-${String(day).padStart(2, '0')}`));
        const always = accepted({ calendar: by }).state;
        const change = replan(state, { plan, calendar: by });
        const now = change.stage ? { ...state, stage: change.stage } : state;
        expect(now.stage).toEqual(always.stage);
        expect(movesAnything(replan(asked(now, plan, after(minutes), by), { plan, calendar: by }))).toBe(false);
      }),
    );
  });
});

describe('a stage of a team with a calendar of its own', () => {
  const { plan, state } = accepted();
  const [first, second, ...rest] = plan.stages;
  if (!first || !second) throw new Error('no stages');
  const teamPlan: Plan = { ...plan, stages: [first, { ...second, calendarId: 'team' }, ...rest] };
  const approves = decision(person('reviewer'), { stage: 'first_review' });
  const opened = (stageCalendars: Record<string, BusinessCalendar>) =>
    applyTransition(state, approves, contextOf(teamPlan, state, after(60), { stageCalendars })).state;

  it('is opened and planned again by that calendar, and not by the plan’s', () => {
    const next = opened({ team: { ...closedOn('2026-03-02', '2026-03-03'), id: 'team' } });
    expect(next.stage?.id).toBe('second_review');
    expect(next.stage?.dueAt).toBe(after(2 * DAY, opened({ team: calendar }).stage?.dueAt));
    const known = { plan: teamPlan, calendar: closedOn('2026-03-02'), stageCalendars: { team: calendar } };
    expect(replan(next, known).stage?.dueAt).toBe(opened({ team: calendar }).stage?.dueAt);
  });

  it('is not opened by another one where its own is missing', () => {
    expect(() => opened({})).toThrow('The calendar team of a stage is not there.');
  });
});

describe('the pause ledger', () => {
  const { plan, state } = accepted();

  it('has a line when a clock stops, and its end with the due instant before and after', () => {
    const stops = apply(
      state,
      plan,
      decision(person('reviewer'), { stage: 'first_review', decision: 'request_info' }),
      after(60),
    );
    const dueBefore = state.stage?.dueAt;
    const line = { stageId: 'first_review', round: 1, reason: 'information', startedAt: after(60), dueBefore };
    expect(stops).toMatchObject({ effects: { pauses: [{ ...line, endedAt: null, dueAfter: null }] } });
    const goesOn = answered(stops.state, plan, after(60 + DAY));
    expect(goesOn).toMatchObject({
      effects: { pauses: [{ ...line, endedAt: after(60 + DAY), dueAfter: after(DAY, dueBefore) }] },
    });
  });

  it('lets a limit of law stand still for nobody: the stage is due before it, and says by what', () => {
    const before = after(2 * DAY + 120);
    const [first, ...rest] = plan.stages;
    if (!first) throw new Error('no stage');
    const label = { en: 'By law', 'zh-CN': '法定期限' };
    const limited: Plan = { ...plan, stages: [{ ...first, limits: [{ id: 'law', label, before }] }, ...rest] };
    const paused = asked(state, limited, after(60));
    const goesOn = answered(paused, limited, after(60 + 2 * DAY - 120)).state;
    expect(goesOn.stage).toMatchObject({ dueAt: before, dueBy: 'law' });
    // Without it, six hours of working time would be left.
    expect(answered(asked(state, plan, after(60)), plan, after(60 + 2 * DAY - 120)).state.stage?.dueBy).toBe(
      'stage_clock',
    );
  });

  it('ends a pause with its stage when the request is taken back', () => {
    const paused = asked(state, plan, after(60));
    const ended = apply(
      paused,
      plan,
      { id: 'cm_w', kind: 'withdrawal', commandId: 'cm_w', actor: {} as Actor },
      after(90),
    );
    expect(ended).toMatchObject({
      state: { status: 'withdrawn', stage: null },
      effects: { pauses: [{ startedAt: after(60), endedAt: after(90), dueAfter: null }] },
    });
  });
});

describe('less than was asked for', () => {
  const { plan: whole, state } = accepted();
  const [stage] = whole.stages;
  if (!stage) throw new Error('no stage');
  const planWith = (offerBusinessDays: number, appealWindowDays: number): Plan => ({
    ...whole,
    stages: [stage],
    offerBusinessDays,
    appealWindowDays,
  });
  const less = decision(person('reviewer'), { stage: 'first_review', approvedAmountMinor: 500_000 });
  const offered = (plan: Plan, before = state): ProcessState => apply(before, plan, less, after(60)).state;

  // Three working days from Monday end on Thursday, ten on the Monday after next.
  it.each([
    ['the working days, where nobody may appeal', 3, 0, addBusinessDays(calendar, after(60), 3), undefined],
    ['the appeal, where that is later', 3, 7, after(60 + 7 * DAY), after(60 + 7 * DAY)],
    [
      'the working days, where they are later',
      10,
      7,
      addBusinessDays(calendar, after(60), 10),
      addBusinessDays(calendar, after(60), 10),
    ],
  ])('stands until %s', (_what, days, appealDays, deadlineAt, until) => {
    const { status, answer, appeal } = offered(planWith(days, appealDays));
    expect([status, answer?.deadlineAt, appeal?.until]).toEqual(['awaiting_customer', deadlineAt, until]);
  });

  it('stands for the working days alone after an appeal: there is no other', () => {
    const appeal = { until: after(30), madeAt: after(20) };
    const again = offered(planWith(3, 7), { ...state, appeal });
    expect(again).toMatchObject({ appeal, answer: { deadlineAt: addBusinessDays(calendar, after(60), 3) } });
  });

  it('is planned again by the days of an offer, and can be appealed as long', () => {
    const plan = planWith(10, 7);
    const before = offered(plan);
    expect(movesAnything(replan(before, { plan, calendar }))).toBe(false);
    const later = after(DAY, before.answer?.deadlineAt);
    const outcome = moved(before, plan, after(90), closedOn('2026-03-04'));
    expect(outcome).toMatchObject({
      refused: null,
      state: { answer: { deadlineAt: later }, appeal: { until: later } },
    });
    expect(outcome.state.snapshotVersion).toBe(before.snapshotVersion);
    const appealed = { until: after(30), madeAt: after(20) };
    const made = moved(offered(plan, { ...state, appeal: appealed }), plan, after(90), closedOn('2026-03-04')).state;
    expect(made).toMatchObject({ appeal: appealed, answer: { deadlineAt: later } });
  });

  it('is never planned to end before an appeal could', () => {
    const plan = planWith(3, 30);
    expect(movesAnything(replan(offered(plan), { plan, calendar: closedOn('2026-03-04') }))).toBe(false);
  });
});
