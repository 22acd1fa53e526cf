import fc from 'fast-check';
import {
  checkRequest,
  policyFacts,
  type CheckedRequest,
  type OrderFacts,
  type RequestedRefund,
} from '../../../domain/process';
import { evaluatePolicy, parsePolicy } from '../../../domain/policy';
import { ACCEPTED_AT, policy } from './support';

const request = (changes: Partial<RequestedRefund> = {}): RequestedRefund => ({
  amountMinor: 100_000,
  currency: 'CNY',
  reasonCode: 'quality',
  description: '左侧扶手断裂',
  channel: 'online',
  lines: null,
  evidenceIds: [],
  resolution: 'refund',
  expectedRefundableMinor: null,
  ...changes,
});

const line = (changes: Partial<OrderFacts['lines'][number]> = {}): OrderFacts['lines'][number] => ({
  id: 'ol_1',
  externalId: 'L1',
  quantity: 3,
  goodsMinor: 100_000,
  discountMinor: 0,
  taxMinor: 0,
  takenQuantity: 0,
  takenMinor: 0,
  category: 'furniture',
  attributes: {},
  ...changes,
});

const payment = (changes: Partial<OrderFacts['payments'][number]> = {}): OrderFacts['payments'][number] => ({
  id: 'pm_1',
  externalId: 'P1',
  provider: 'stripe',
  merchantAccount: 'default',
  currency: 'CNY',
  availableMinor: 150_000,
  accounting: null,
  ...changes,
});

const order = (changes: Partial<OrderFacts> = {}): OrderFacts => ({
  currency: 'CNY',
  placedAt: '2026-02-20T08:00:00Z',
  branch: null,
  jurisdiction: null,
  shippingMinor: 0,
  shippingTakenMinor: 0,
  lines: [line(), line({ id: 'ol_2', externalId: 'L2', quantity: 1, goodsMinor: 50_000 })],
  payments: [payment()],
  open: [],
  openAndPaidMinor: 0,
  ...changes,
});

const check = (
  changes: Partial<RequestedRefund> = {},
  facts: Partial<OrderFacts> = {},
  options: { known?: string[]; configured?: boolean; policy?: typeof policy } = {},
): CheckedRequest =>
  checkRequest(
    request(changes),
    order(facts),
    options.policy ?? policy,
    options.known ?? [],
    () => options.configured ?? true,
    ACCEPTED_AT,
  );

const open = (changes: Partial<OrderFacts['open'][number]> = {}): OrderFacts['open'][number] => ({
  refundId: 'rf_1',
  amountMinor: 100_000,
  reasonCode: 'quality',
  lineExternalIds: [],
  ...changes,
});

test('a request that fits its order is let through with what can be refunded', () => {
  expect(check()).toMatchObject({ refused: null, lines: [], refundableMinor: 150_000 });
});

describe('what contradicts the order', () => {
  test('another currency', () => {
    expect(check({ currency: 'USD' }).refused).toEqual({
      code: 'contradictory_facts',
      path: 'currency',
      why: 'currency',
      data: { stated: 'USD', order: 'CNY' },
    });
  });

  test('a line that the order does not have, by its place in the request', () => {
    const lines = [
      { externalId: 'L1', quantity: 1 },
      { externalId: 'L9', quantity: 1 },
    ];
    expect(check({ lines }).refused).toMatchObject({ why: 'unknown_line', path: 'lines.1.externalId' });
  });

  test('more pieces than are left; the last one left is not too many', () => {
    const taken = { lines: [line({ takenQuantity: 2, takenMinor: 66_666 })] };
    const named = (quantity: number) => ({ amountMinor: 1_000, lines: [{ externalId: 'L1', quantity }] });
    expect(check(named(2), taken).refused).toMatchObject({ why: 'quantity', data: { left: 1 } });
    expect(check(named(1), taken)).toMatchObject({ refused: null, lines: [{ lineId: 'ol_1', quantity: 1 }] });
  });

  test('an amount above the named lines, by one minor unit', () => {
    const lines = [{ externalId: 'L1', quantity: 1 }];
    expect(check({ lines, amountMinor: 33_334 }).refused).toMatchObject({
      why: 'amount_above_lines',
      data: { linesMinor: 33_333 },
    });
    expect(check({ lines, amountMinor: 33_333 }).refused).toBeNull();
  });

  test('the last pieces of a line carry what is left of it, the rounding included', () => {
    const lines = [{ externalId: 'L1', quantity: 1 }];
    const taken = { lines: [line({ takenQuantity: 2, takenMinor: 66_666 })] };
    expect(check({ lines, amountMinor: 33_334 }, taken).refused).toBeNull();
    expect(check({ lines, amountMinor: 33_335 }, taken).refused).toMatchObject({ why: 'amount_above_lines' });
  });
});

describe('what is kept back', () => {
  const restocking = (amountMinor: number) => ({ code: 'restocking', amountMinor, reason: 'The seal is broken.' });

  test('makes the amount what is paid out; the lines give both, and the policy has the words', () => {
    const lines = [{ externalId: 'L2', quantity: 1 }];
    const checked = check({ amountMinor: 45_000, lines, deductions: [restocking(5_000)] });
    expect(checked).toMatchObject({
      refused: null,
      lines: [{ lineId: 'ol_2', quantity: 1, amountMinor: 50_000 }],
      amounts: {
        lines: [{ externalId: 'L2', quantity: 1, goodsMinor: 50_000, discountMinor: 0, taxMinor: 0 }],
        shippingMinor: 0,
        unattributedMinor: 0,
        deductions: [{ ...restocking(5_000), label: { en: 'Restocking fee', 'zh-CN': '重新上架费' } }],
        totalMinor: 45_000,
      },
    });
    expect(check({ amountMinor: 45_001, lines, deductions: [restocking(5_000)] }).refused).toMatchObject({
      why: 'amount_above_lines',
    });
  });

  test('is bounded by its part of the gross amount', () => {
    // 20 % of 80,000 + 20,000.
    expect(check({ amountMinor: 80_000, deductions: [restocking(20_000)] }).refused).toBeNull();
    expect(check({ amountMinor: 80_000, deductions: [restocking(20_001)] }).refused).toMatchObject({
      code: 'deduction_not_allowed',
      problem: { why: 'deduction_above_limit', path: 'deductions.0.amountMinor', data: { atMostMinor: 20_000 } },
    });
  });

  test('must be known to the policy in force at purchase', () => {
    const deductions = [{ code: 'bad_mood', amountMinor: 1, reason: 'r' }];
    expect(check({ deductions }).refused).toMatchObject({
      code: 'deduction_not_allowed',
      problem: { why: 'unknown_deduction', path: 'deductions.0.code' },
    });
    const silent = parsePolicy({ ...policy, amounts: undefined });
    const atPurchase = checkRequest(
      request({ amountMinor: 80_000, deductions: [restocking(1)] }),
      order(),
      policy,
      [],
      () => true,
      ACCEPTED_AT,
      silent,
    );
    expect(atPurchase.refused).toMatchObject({ problem: { why: 'unknown_deduction', data: { allowed: '' } } });
  });

  test('is nothing where the law forbids it', () => {
    const strict = parsePolicy({ ...policy, amounts: { ...policy.amounts, noDeductionsIn: ['XX'] } });
    const asked = { amountMinor: 80_000, deductions: [restocking(1)] };
    expect(check(asked, { jurisdiction: 'XX' }, { policy: strict }).refused).toMatchObject({
      problem: { why: 'deductions_forbidden', data: { jurisdiction: 'XX' } },
    });
    expect(check(asked, { jurisdiction: 'YY' }, { policy: strict }).refused).toBeNull();
    expect(check({ amountMinor: 80_000 }, { jurisdiction: 'XX' }, { policy: strict }).refused).toBeNull();
  });

  test('cannot be taken from money that is no longer there', () => {
    expect(check({ amountMinor: 130_000, deductions: [restocking(20_001)] }).refused).toEqual({
      code: 'insufficient_refundable',
      refundableMinor: 150_000,
    });
  });

  test('of the largest amounts is refused, not counted wrongly', () => {
    const huge = { amountMinor: 999_999_999_999, deductions: [restocking(150_000_000_000)] };
    expect(check(huge).refused).toMatchObject({ code: 'insufficient_refundable' });
  });
});

describe('shipping', () => {
  const all = [
    { externalId: 'L1', quantity: 3 },
    { externalId: 'L2', quantity: 1 },
  ];
  const shipped = { shippingMinor: 800, payments: [payment({ availableMinor: 150_800 })] };

  test('is due with the last pieces of the order, beside the lines, by the default policy', () => {
    expect(check({ amountMinor: 150_800, lines: all }, shipped)).toMatchObject({
      refused: null,
      amounts: { shippingMinor: 800, unattributedMinor: 0, totalMinor: 150_800 },
      // Shipping is on no line.
      lines: [{ amountMinor: 100_000 }, { amountMinor: 50_000 }],
    });
    expect(check({ amountMinor: 150_801, lines: all }, shipped).refused).toMatchObject({
      why: 'amount_above_lines',
      data: { linesMinor: 150_000, shippingMinor: 800 },
    });
    const one = [{ externalId: 'L2', quantity: 1 }];
    expect(check({ amountMinor: 50_001, lines: one }, shipped).refused).toMatchObject({ data: { shippingMinor: 0 } });
  });

  test('is not due by a policy that says nothing about it', () => {
    const silent = parsePolicy({ ...policy, amounts: undefined });
    expect(check({ amountMinor: 150_800, lines: all }, shipped, { policy: silent }).refused).toMatchObject({
      why: 'amount_above_lines',
    });
  });
});

test('without lines nothing is known of what the amount is for', () => {
  expect(check()).toMatchObject({ amounts: { lines: [], shippingMinor: 0, unattributedMinor: 100_000 } });
});

describe('what this installation cannot do', () => {
  test.each(['return_and_refund', 'exchange', 'repair', 'reship'])('%s', (resolution) => {
    expect(check({ resolution }).refused).toEqual({ code: 'resolution_not_available', resolution });
  });

  test('a provider account that is not configured', () => {
    expect(check({}, {}, { configured: false }).refused).toEqual({
      code: 'provider_not_configured',
      provider: 'stripe',
      merchantAccount: 'default',
    });
  });
});

describe('what the policy wants to know', () => {
  test('evidence that is not there, by id', () => {
    expect(check({ evidenceIds: ['ev_1', 'ev_2'] }, {}, { known: ['ev_1'] }).refused).toEqual({
      code: 'evidence_not_found',
      evidenceIds: ['ev_2'],
    });
  });

  test('a reason that it does not know, with those that it does', () => {
    const refused = check({ reasonCode: 'weather' }).refused;
    expect(refused).toMatchObject({ code: 'reason_not_available' });
    expect(refused).toHaveProperty('allowed', expect.arrayContaining(['quality', 'other']));
  });

  test('a description that is too short, counted in characters', () => {
    expect(check({ reasonCode: 'other', description: '四个字了' }).refused).toEqual({
      code: 'description_too_short',
      minLength: 5,
    });
    expect(check({ reasonCode: 'other', description: '五个字好了' }).refused).toBeNull();
    // Five halves of surrogate pairs are not five characters.
    expect(check({ reasonCode: 'other', description: '😀😀😀' }).refused).toMatchObject({
      code: 'description_too_short',
    });
  });

  test('evidence where it is required', () => {
    const strict = parsePolicy({
      ...policy,
      reasonCodes: policy.reasonCodes.map((reason) => ({ ...reason, evidence: 'required' })),
    });
    expect(check({}, {}, { policy: strict }).refused).toEqual({ code: 'evidence_required' });
    expect(check({ evidenceIds: ['ev_1'] }, {}, { policy: strict, known: ['ev_1'] }).refused).toBeNull();
  });
});

describe('a duplicate', () => {
  const L1 = [{ externalId: 'L1', quantity: 1 }];
  const cases: [string, Partial<RequestedRefund>, Partial<OrderFacts['open'][number]>, boolean][] = [
    ['the same amount and reason, no lines named', {}, {}, true],
    ['the same amount for another reason', { reasonCode: 'wrong_item' }, {}, false],
    ['another amount for the same reason', { amountMinor: 99_999 }, {}, false],
    [
      'a line that is in an open refund',
      { lines: L1, amountMinor: 5 },
      { lineExternalIds: ['L1'], amountMinor: 9 },
      true,
    ],
    [
      'another line for the same amount and reason',
      { lines: L1, amountMinor: 5 },
      { lineExternalIds: ['L2'], amountMinor: 5 },
      false,
    ],
  ];
  test.each(cases)('%s', (_what, changes, other, duplicate) => {
    expect(check(changes, { open: [open(other)] }).refused).toEqual(
      duplicate ? { code: 'duplicate_refund', refundId: 'rf_1' } : null,
    );
  });

  test('further partial refunds are welcome', () => {
    const others = [open({ amountMinor: 10_000 }), open({ refundId: 'rf_2', amountMinor: 20_000 })];
    expect(check({ amountMinor: 30_000 }, { open: others }).refused).toBeNull();
  });
});

describe('the money', () => {
  test('all that is available can be asked for, not one minor unit more', () => {
    expect(check({ amountMinor: 150_000 }).refused).toBeNull();
    expect(check({ amountMinor: 150_001 }).refused).toEqual({
      code: 'insufficient_refundable',
      refundableMinor: 150_000,
    });
  });

  test('several payments give together', () => {
    const payments = [payment(), payment({ id: 'pm_2', availableMinor: 1 })];
    expect(check({ amountMinor: 150_001 }, { payments }).refused).toBeNull();
  });

  test('a caller that saw another balance is told the one that stands', () => {
    expect(check({ expectedRefundableMinor: 149_999 }).refused).toEqual({
      code: 'refundable_changed',
      refundableMinor: 150_000,
    });
    expect(check({ expectedRefundableMinor: 150_000 }).refused).toBeNull();
  });

  test('an order without a payment refunds nothing', () => {
    expect(check({}, { payments: [] }).refused).toEqual({ code: 'insufficient_refundable', refundableMinor: 0 });
  });
});

test('the tier counts what is open and paid on the order together', () => {
  const tierOf = (amountMinor: number, openAndPaidMinor: number) =>
    evaluatePolicy(policy, policyFacts(request({ amountMinor }), order({ openAndPaidMinor }), ACCEPTED_AT)).tier;
  expect(tierOf(19_999, 0)).toBe('small');
  expect(tierOf(20_000, 0)).toBe('medium');
  expect(tierOf(1, 19_998)).toBe('small');
  expect(tierOf(1, 19_999)).toBe('medium');
  expect(tierOf(500_000, 0)).toBe('medium');
  expect(tierOf(1, 500_000)).toBe('large');
});

test('what named lines reserve sums to the amount and never exceeds a line', () => {
  const orderLine = fc.record({
    quantity: fc.integer({ min: 1, max: 20 }),
    goodsMinor: fc.integer({ min: 0, max: 1e7 }),
  });
  fc.assert(
    fc.property(
      fc.array(orderLine, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat({ max: 19 }), { minLength: 6, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lines, picks, part) => {
        const all = lines.map((one, i) => line({ ...one, id: `ol_${i}`, externalId: `L${i}` }));
        const named = all.map((one, i) => ({
          externalId: one.externalId,
          quantity: 1 + ((picks[i] ?? 0) % one.quantity),
        }));
        const limitMinor = all.reduce((sum, one, i) => {
          const quantity = named[i]?.quantity ?? 0;
          return sum + Math.floor((one.goodsMinor * quantity) / one.quantity);
        }, 0);
        const amountMinor = Math.floor(limitMinor * part);
        fc.pre(amountMinor > 0);
        const checked = check(
          { amountMinor, lines: named },
          { lines: all, payments: [payment({ availableMinor: 1e9 })] },
        );
        if (checked.refused) throw new Error(checked.refused.code);
        expect(checked.lines.reduce((sum, one) => sum + one.amountMinor, 0)).toBe(amountMinor);
        for (const one of checked.lines)
          expect(one.amountMinor).toBeLessThanOrEqual(all.find(({ id }) => id === one.lineId)?.goodsMinor ?? -1);
      },
    ),
  );
});
