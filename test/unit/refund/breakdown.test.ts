import fc from 'fast-check';
import { breakdownAt, deductedMinor, lineMinor, type Breakdown, type BreakdownLine } from '../../../domain/refund';

const fee = (amountMinor: number) => ({
  code: 'restocking',
  amountMinor,
  reason: 'opened',
  label: { en: 'Restocking fee', 'zh-CN': '重新上架费' },
});

const line = (externalId: string, goodsMinor: number, discountMinor = 0, taxMinor = 0): BreakdownLine => ({
  externalId,
  quantity: 1,
  goodsMinor,
  discountMinor,
  taxMinor,
});

const asked: Breakdown = {
  lines: [line('L1', 6_000, 1_000, 500), line('L2', 2_000)],
  shippingMinor: 800,
  unattributedMinor: 0,
  deductions: [fee(300)],
  totalMinor: 8_000,
};

/** Everything a breakdown holds comes to its total. */
const sumOf = ({ lines, shippingMinor, unattributedMinor, deductions }: Breakdown): number =>
  lines.reduce((sum, one) => sum + lineMinor(one), 0) + shippingMinor + unattributedMinor - deductedMinor(deductions);

test('the full amount is made of what was asked for', () => {
  expect(breakdownAt(asked, 8_000)).toEqual(asked);
});

test('less is taken from shipping first, then from every line in proportion; deductions stand', () => {
  expect(breakdownAt(asked, 7_500)).toMatchObject({ lines: asked.lines, shippingMinor: 300, totalMinor: 7_500 });
  const half = breakdownAt(asked, 3_450);
  expect(half).toEqual({
    lines: [line('L1', 3_000, 500, 250), line('L2', 1_000)],
    shippingMinor: 0,
    unattributedMinor: 0,
    deductions: [fee(300)],
    totalMinor: 3_450,
  });
});

test('without lines the amount stands on none', () => {
  const plain: Breakdown = {
    lines: [],
    shippingMinor: 0,
    unattributedMinor: 1_300,
    deductions: [fee(300)],
    totalMinor: 1_000,
  };
  expect(breakdownAt(plain, 400)).toMatchObject({ unattributedMinor: 700, shippingMinor: 0, totalMinor: 400 });
});

test('more than was frozen is refused', () => {
  expect(() => breakdownAt(asked, 8_001)).toThrow(RangeError);
});

test('whatever is approved, the parts come to it, and no part is negative or above what was asked', () => {
  const anyLine = fc
    .record({
      goodsMinor: fc.integer({ min: 0, max: 1e8 }),
      discount: fc.double({ min: 0, max: 1, noNaN: true }),
      taxMinor: fc.integer({ min: 0, max: 1e8 }),
    })
    .map(({ goodsMinor, discount, taxMinor }) => line('L', goodsMinor, Math.floor(goodsMinor * discount), taxMinor));
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 6 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.array(fc.integer({ min: 1, max: 1e5 }), { maxLength: 3 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lines, shippingMinor, unattributedMinor, fees, part) => {
        const most: Breakdown = { lines, shippingMinor, unattributedMinor, deductions: fees.map(fee), totalMinor: 0 };
        most.totalMinor = sumOf(most);
        fc.pre(most.totalMinor > 0);
        const totalMinor = Math.floor(most.totalMinor * part);
        const given = breakdownAt(most, totalMinor);
        expect(sumOf(given)).toBe(totalMinor);
        expect(given.shippingMinor).toBeLessThanOrEqual(shippingMinor);
        for (const [i, one] of given.lines.entries()) {
          const whole = lines[i]!;
          expect(lineMinor(one)).toBeLessThanOrEqual(lineMinor(whole));
          for (const name of ['goodsMinor', 'discountMinor', 'taxMinor'] as const)
            expect(one[name]).toBeGreaterThanOrEqual(0);
          expect(one.taxMinor).toBeLessThanOrEqual(whole.taxMinor);
        }
      },
    ),
  );
});
