import fc from 'fast-check';
import { planAcceptance } from '../../../domain/process';
import { InsufficientAvailableError } from '../../../domain/money';
import { evaluatePolicy, parsePolicy } from '../../../domain/policy';
import { ACCEPTED_AT, after, facts, policy, STAFF } from './support';

test('stage one is open with its clock, the first response beside its ladder', () => {
  const { state, plan, effects, firstResponseDueAt, declineClause } = planAcceptance(facts());
  expect(declineClause).toBeNull();
  expect(plan.stages.map((stage) => stage.id)).toEqual(['first_review', 'second_review', 'final_approval']);
  expect(firstResponseDueAt).toBe(after(24 * 60));
  expect(state).toMatchObject({ seq: 0, status: 'in_review', round: 1, snapshotVersion: 1, responded: false });
  expect(state.stage).toMatchObject({ id: 'first_review', index: 0, roles: ['reviewer'], openedAt: ACCEPTED_AT });
  expect(state.stage?.rungs).toContainEqual({ act: 'first_response', at: firstResponseDueAt, n: 1 });
  expect(state.stage?.rungs.map((rung) => rung.at)).toEqual(state.stage?.rungs.map((rung) => rung.at).toSorted());
  expect(effects.release).toBe(false);
  expect(effects.events).toEqual(['refund.accepted', 'refund.in_review']);
  expect(effects.messages.map(({ kind, recipient }) => [kind, recipient])).toEqual([
    ['stage_opened', 'role:reviewer'],
    ['refund_received', 'customer'],
    ['crm_sync', 'crm'],
  ]);
});

test('legs are taken in order of capture, each keeps the reference that was fixed for it', () => {
  const { state } = planAcceptance(facts({ amountMinor: 600_000 }));
  expect(
    state.legs.map(({ id, paymentId, reference, amountMinor, status, attempt }) => [
      id,
      paymentId,
      reference,
      amountMinor,
      status,
      attempt,
    ]),
  ).toEqual([
    ['al_1', 'pm_1', 'RDX1', 500_000, 'reserved', 1],
    ['al_2', 'pm_2', 'RDX2', 100_000, 'reserved', 1],
  ]);
  expect(planAcceptance(facts({ amountMinor: 500_000 })).state.legs).toHaveLength(1);
});

describe('how a refund is spread over its payments', () => {
  const spread = (changes: Parameters<typeof facts>[0]) =>
    planAcceptance(facts({ amountMinor: 400_000, ...changes })).state.legs.map((leg) => [leg.id, leg.amountMinor]);
  const proportional = parsePolicy({ ...policy, amounts: { ...policy.amounts, allocation: 'proportional' } });

  test('is said by the policy in force, or by the request', () => {
    expect(spread({})).toEqual([['al_1', 400_000]]);
    expect(spread({ policy: proportional })).toEqual([
      ['al_1', 250_000],
      ['al_2', 150_000],
    ]);
    expect(spread({ policy: proportional, allocation: 'newest_first' })).toEqual([
      ['al_1', 100_000],
      ['al_2', 300_000],
    ]);
  });

  test('is kept with the refund unless it is what silence means', () => {
    expect(planAcceptance(facts({ allocation: 'proportional' })).state.allocation).toBe('proportional');
    expect(planAcceptance(facts()).state).not.toHaveProperty('allocation');
  });
});

test('every leg is in the books by the rate of its capture; without a rate it is not', () => {
  const [first, second] = facts().payments;
  const payments = [{ ...first!, accounting: { currency: 'USD', rate: '0.13905' } }, second!];
  expect(planAcceptance(facts({ amountMinor: 600_000, payments })).accounting).toEqual({
    // CNY 5,000.00 × 0.13905 = USD 695.25
    al_1: { currency: 'USD', rate: '0.13905', amountMinor: 69_525 },
  });
  const zero = [{ ...first!, accounting: { currency: 'USD', rate: '0' } }];
  expect(planAcceptance(facts({ amountMinor: 1, payments: zero })).accounting).toEqual({});
});

test('legs sum to the amount and none gives more than its payment has', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      (available, amountMinor) => {
        const payments = available.map((availableMinor, i) => ({
          id: `pm_${i}`,
          provider: 'stripe',
          currency: 'CNY',
          availableMinor,
          accounting: null,
          legId: `al_${i}`,
          reference: `RDX${i}`,
        }));
        const plan = () => planAcceptance(facts({ amountMinor, payments })).state.legs;
        if (available.reduce((sum, one) => sum + one, 0) < amountMinor) {
          expect(plan).toThrow(InsufficientAvailableError);
          return;
        }
        const legs = plan();
        expect(legs.reduce((sum, leg) => sum + leg.amountMinor, 0)).toBe(amountMinor);
        for (const leg of legs) {
          const payment = payments.find((one) => one.legId === leg.id);
          expect(leg.amountMinor).toBeGreaterThan(0);
          expect(leg.amountMinor).toBeLessThanOrEqual(payment?.availableMinor ?? -1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('a request that a rule of the policy approves', () => {
  const small = { orderTotalOpenAndPaidMinor: 5_000, amountMinor: 5_000 };
  const lenient = parsePolicy({
    ...policy,
    automaticApprovals: [
      { id: 'small', label: { en: 'Small', 'zh-CN': '小额' }, when: 'true', maxMinor: { CNY: 5_000 } },
    ],
  });

  test('is the machine’s decision, with its rule: no stage, no ladder, nobody asked, and the payment is next', () => {
    const { state, plan, effects, declineClause } = planAcceptance(facts({ ...small, policy: lenient }));
    expect(declineClause).toBeNull();
    expect(plan).toMatchObject({ stages: [], approvedBy: 'small' });
    expect(state).toMatchObject({ status: 'paying', stage: null, seq: 0 });
    expect(state.legs.map(({ amountMinor }) => amountMinor)).toEqual([5_000]);
    expect(effects).toMatchObject({
      release: false,
      events: ['refund.accepted', 'refund.approved', 'refund.paying'],
      deskOpen: [],
      stages: [],
    });
    expect(effects.audit).toEqual([{ type: 'refund.approved_by_policy', data: { clause: 'small', policyVersion: 1 } }]);
    expect(effects.messages.map(({ kind, recipient, owner }) => [kind, recipient, owner])).toEqual([
      ['refund_approved', 'customer', 'refund'],
      ['crm_sync', 'crm', 'refund'],
    ]);
  });

  test('goes to people when a member of staff is the customer, whoever else is behind it, and that is kept', () => {
    const ofStaff = { personId: 'reviewer', rule: 'is_customer' } as const;
    for (const behind of [[], [{ personId: 'reviewer', rule: 'requester' }]] as const) {
      const excluded = [...behind, ofStaff];
      const made = planAcceptance(facts({ ...small, policy: lenient, excluded }));
      expect(made.plan.approvedBy).toBeUndefined();
      expect(made.plan.stages.map(({ id }) => id)).toEqual(['first_review']);
      expect(made.state).toMatchObject({ status: 'in_review', stage: { id: 'first_review' }, excluded });
      expect(made.facts.customerIsStaff).toBe(true);
      expect(evaluatePolicy(lenient, made.facts).automatic).toBeNull();
    }
    const excluded = [{ personId: 'agent', rule: 'requester' as const }];
    const ofOthers = planAcceptance(facts({ ...small, policy: lenient, excluded }));
    expect([ofOthers.plan.approvedBy, ofOthers.facts.customerIsStaff]).toEqual(['small', false]);
  });

  test('leaves the plans of all others as they were: their hashes hold', () => {
    expect(planAcceptance(facts({ policy: lenient })).plan).toEqual(planAcceptance(facts()).plan);
    expect(planAcceptance(facts()).plan).not.toHaveProperty('approvedBy');
  });
});

describe('a policy of a shop of one person', () => {
  const alone = parsePolicy({ ...policy, separationOfDuties: 'off' });
  const everything = [{ personId: 'owner', roles: ['reviewer', 'second_reviewer', 'approver'] }];
  const requester = { personId: 'owner', rule: 'requester' as const };

  test('lets one person ask and decide all stages, and every refund says so', () => {
    const made = planAcceptance(facts({ policy: alone, candidates: everything, excluded: [requester] }));
    expect(made.plan).toMatchObject({ dutiesOff: true, stages: [{}, {}, {}] });
    expect([made.state.excluded, made.effects.deskOpen]).toEqual([[], []]);
    expect(made.effects.audit).toEqual([{ type: 'refund.duties_not_separated', data: { policyVersion: 1 } }]);
    const usual = planAcceptance(facts({ candidates: everything, excluded: [requester] }));
    expect(usual.plan).not.toHaveProperty('dutiesOff');
    expect(usual.effects.deskOpen).toMatchObject([{ kind: 'no_eligible_person' }]);
  });

  test('keeps staff from giving themselves a refund as customers, and misses a role that nobody holds', () => {
    const excluded = [requester, { personId: 'owner', rule: 'is_customer' as const }];
    const own = planAcceptance(facts({ policy: alone, candidates: everything, excluded }));
    expect(own.state.excluded).toEqual([{ personId: 'owner', rule: 'is_customer' }]);
    const [first] = everything;
    const without = [{ personId: first?.personId ?? '', roles: ['reviewer', 'approver'] }];
    const made = planAcceptance(facts({ policy: alone, candidates: without }));
    expect(made.effects.deskOpen).toMatchObject([{ data: { stages: 'second_review' } }]);
  });

  test('cannot want several people for a stage', () => {
    const stages = policy.stages.map((stage) => ({ ...stage, quorum: 2 }));
    expect(() => parsePolicy({ ...policy, separationOfDuties: 'off', stages })).toThrow(/stages.0.quorum must be 1/);
  });
});

describe('a request that the policy does not allow', () => {
  const customMade = { reasonCode: 'changed_mind', lines: [{ category: null, attributes: { customMade: true } }] };

  test('is declined at once by the machine, with the clause and the letter, and asks nobody', () => {
    const { state, effects, declineClause } = planAcceptance(facts(customMade));
    expect(declineClause).toBe('custom-made');
    expect(state).toMatchObject({ status: 'declined', stage: null, seq: 0 });
    expect(effects).toMatchObject({ release: true, events: ['refund.accepted', 'refund.declined'], deskOpen: [] });
    expect(effects.audit).toEqual([
      { type: 'refund.declined_by_policy', data: { clause: 'custom-made', policyVersion: 1 } },
    ]);
    expect(effects.messages.map(({ kind, recipient, owner }) => [kind, recipient, owner])).toEqual([
      ['refund_declined', 'customer', 'refund'],
      ['crm_sync', 'crm', 'refund'],
    ]);
    expect(effects.stages.at(-1)).toMatchObject({ stageId: 'first_review', status: 'declined' });
  });

  test('is judged by the version in force at purchase; stages and people by the one in force now', () => {
    const lenient = parsePolicy({ ...policy, version: 2, ineligible: [] });
    expect(planAcceptance(facts({ ...customMade, purchasePolicy: lenient })).declineClause).toBeNull();
    const now = planAcceptance(facts({ ...customMade, policy: lenient }));
    expect(now.declineClause).toBe('custom-made');
    expect(now.plan.policyVersion).toBe(2);
  });
});

test('an order that was refunded in small parts takes the stages of their total', () => {
  const small = (orderTotalOpenAndPaidMinor: number) =>
    planAcceptance(facts({ amountMinor: 10_000, orderTotalOpenAndPaidMinor })).plan.stages.length;
  expect([small(10_000), small(20_000), small(500_001)]).toEqual([1, 2, 3]);
});

test('a currency without thresholds takes all three stages', () => {
  expect(planAcceptance(facts({ amountMinor: 1, orderTotalOpenAndPaidMinor: 1, currency: 'SEK' })).plan).toMatchObject({
    tier: 'large',
    stages: [{ id: 'first_review' }, { id: 'second_review' }, { id: 'final_approval' }],
  });
});

test('a stage that nobody may decide is on the desk from the first moment', () => {
  const candidates = STAFF.filter((one) => one.personId !== 'approver2');
  const excluded = [{ personId: 'approver', rule: 'requester' as const }];
  const { effects, state } = planAcceptance(facts({ candidates, excluded }));
  expect(state.excluded).toEqual(excluded);
  expect(effects.deskOpen).toMatchObject([{ kind: 'no_eligible_person', data: { stages: 'final_approval' } }]);
  expect(planAcceptance(facts()).effects.deskOpen).toEqual([]);
});
