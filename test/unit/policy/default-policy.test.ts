import { isRole } from '../../../domain/people';
import { evaluatePolicy, PAYMENT_METHODS, planFrom } from '../../../domain/policy';
import { parseBusinessCalendar } from '../../../domain/calendar';
import { cnShanghaiCalendar } from '../../../domain/calendar';
import { defaultPolicy, facts } from './support';

describe('the policy that ships', () => {
  it('is default@1 on the calendar that ships', () => {
    expect([defaultPolicy.name, defaultPolicy.version]).toEqual(['default', 1]);
    expect(defaultPolicy.calendarId).toBe(parseBusinessCalendar(cnShanghaiCalendar).id);
  });

  it.each([
    [1, 'small', ['first_review']],
    [19999, 'small', ['first_review']],
    [20000, 'medium', ['first_review', 'second_review']],
    [500000, 'medium', ['first_review', 'second_review']],
    [500001, 'large', ['first_review', 'second_review', 'final_approval']],
  ])('takes an order total of %i fen as %s', (orderTotalOpenAndPaidMinor, tier, stageIds) => {
    expect(evaluatePolicy(defaultPolicy, facts({ orderTotalOpenAndPaidMinor }))).toEqual({
      tier,
      stageIds,
      automatic: null,
      risk: null,
      coolingOffHours: 0,
      eligible: true,
      routeId: null,
      unanswered: [],
    });
  });

  it('takes a currency without thresholds through all three stages', () => {
    expect(evaluatePolicy(defaultPolicy, facts({ orderTotalOpenAndPaidMinor: 1, currency: 'USD' }))).toMatchObject({
      tier: 'large',
      stageIds: ['first_review', 'second_review', 'final_approval'],
    });
  });

  it('has the stages due 1, 2 and 3 working days after acceptance, each with its role', () => {
    expect(defaultPolicy.stages.map((stage) => [stage.role, stage.clock.dueBusinessDays])).toEqual([
      ['reviewer', 1],
      ['second_reviewer', 2],
      ['approver', 3],
    ]);
  });

  it('reminds at 50 and 80 %, calls on two levels half a period apart, by roles that exist', () => {
    for (const stage of defaultPolicy.stages) {
      expect(stage.ladder).toMatchObject({ remindAtPercent: [50, 80], stepPercent: 50 });
      expect(stage.ladder.escalateTo).toHaveLength(2);
      expect([stage.role, ...stage.ladder.escalateTo].every(isRole)).toBe(true);
    }
    expect(defaultPolicy.stages[0]?.ladder.escalateTo).toEqual(['second_reviewer', 'approver']);
  });

  it('answers within 24 hours, waits 3 and 5 working days for customers, at most twice', () => {
    expect(defaultPolicy.firstResponseHours).toBe(24);
    expect(defaultPolicy.customerAnswer).toEqual({ requestInfoBusinessDays: 3, sendBackBusinessDays: 5, maxRounds: 2 });
    expect(defaultPolicy.appealWindowDays).toBe(0);
    expect(defaultPolicy.arrivalWatchDays).toBe(30);
  });

  it.each([
    ['bank_card', 3, 7],
    ['alipay', 1, 3],
    ['wechat_balance', 1, 3],
    ['wechat_bank_card', 1, 3],
    ['bank_account', 3, 7],
  ] as const)('promises %s within %i–%i working days', (method, fromWorkingDays, toWorkingDays) => {
    expect(PAYMENT_METHODS).toContain(method);
    expect(defaultPolicy.arrival[method]).toEqual({ fromWorkingDays, toWorkingDays });
  });

  it('knows the eight reasons of the interface', () => {
    expect(defaultPolicy.reasonCodes.map((reason) => reason.code)).toEqual(
      'quality wrong_item not_as_described service_not_provided order_error changed_mind duplicate_payment other'.split(
        ' ',
      ),
    );
    expect(defaultPolicy.reasonCodes.some((reason) => reason.evidence === 'required')).toBe(false);
  });

  it('makes a plan of the stages of a tier and nothing of the others', () => {
    const evaluation = evaluatePolicy(defaultPolicy, facts());
    const plan = planFrom(defaultPolicy, evaluation, 'CNY');
    expect(plan).toMatchObject({
      policyName: 'default',
      policyVersion: 1,
      tier: 'medium',
      calendarId: 'cn-shanghai',
      informationBusinessDays: 3,
      correctionBusinessDays: 5,
      maxCorrectionRounds: 2,
      appealWindowDays: 0,
      arrivalWatchDays: 30,
      arrivalBusinessDays: { bank_card: { from: 3, to: 7 }, alipay: { from: 1, to: 3 } },
    });
    expect(plan.stages.map((stage) => stage.id)).toEqual(evaluation.stageIds);
    expect(plan.stages[0]).toEqual(defaultPolicy.stages[0]);
    expect(plan.stages[0]).not.toBe(defaultPolicy.stages[0]);
  });
});
