import fc from 'fast-check';
import { prorateLine, prorateShipping, type LineToProrate } from '../../../domain/process';
import { lineMinor } from '../../../domain/refund';

const line = (changes: Partial<LineToProrate> = {}): LineToProrate => ({
  id: 'ol_1',
  externalId: 'L1',
  quantity: 3,
  goodsMinor: 10_000,
  discountMinor: 1_000,
  taxMinor: 1_300,
  takenQuantity: 0,
  takenMinor: 0,
  ...changes,
});

test('a piece carries its share of goods, discount and tax', () => {
  // 10,300 for three: 3,433 + 3,433 + 3,434; tax follows the money, the discount the pieces.
  expect(prorateLine(line(), 1)).toEqual({
    lineId: 'ol_1',
    externalId: 'L1',
    quantity: 1,
    goodsMinor: 3_333,
    discountMinor: 333,
    taxMinor: 433,
  });
  expect(prorateLine(line(), 3)).toMatchObject({ goodsMinor: 10_000, discountMinor: 1_000, taxMinor: 1_300 });
});

test('the last pieces carry what earlier refunds left of the line, and pieces before it no more than their share', () => {
  const taken = { takenQuantity: 1, takenMinor: 1_000 };
  expect(lineMinor(prorateLine(line(taken), 1))).toBe(3_433);
  expect(lineMinor(prorateLine(line(taken), 2))).toBe(9_300);
});

test('what is left bounds a share, whatever was refunded before', () => {
  expect(lineMinor(prorateLine(line({ takenQuantity: 1, takenMinor: 10_000 }), 1))).toBe(300);
});

test('more pieces than are left are refused', () => {
  expect(() => prorateLine(line({ takenQuantity: 2 }), 2)).toThrow(RangeError);
});

const anyLine = fc
  .record({
    goodsMinor: fc.integer({ min: 0, max: 1e9 }),
    discountPart: fc.double({ min: 0, max: 1, noNaN: true }),
    taxMinor: fc.integer({ min: 0, max: 1e9 }),
    pieces: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ goodsMinor, discountPart, taxMinor, pieces }) => ({
    pieces,
    line: line({
      goodsMinor,
      discountMinor: Math.floor(goodsMinor * discountPart),
      taxMinor,
      quantity: pieces.reduce((sum, count) => sum + count, 0),
    }),
  }));

test('refunds of any parts, one after another, sum to the line in goods, discount and tax exactly', () => {
  fc.assert(
    fc.property(anyLine, ({ line: whole, pieces }) => {
      const sum = { goodsMinor: 0, discountMinor: 0, taxMinor: 0 };
      const standing = { ...whole };
      for (const quantity of pieces) {
        const part = prorateLine(standing, quantity);
        for (const name of ['goodsMinor', 'discountMinor', 'taxMinor'] as const) {
          expect(part[name]).toBeGreaterThanOrEqual(0);
          sum[name] += part[name];
        }
        expect(lineMinor(part)).toBeGreaterThanOrEqual(0);
        standing.takenQuantity += quantity;
        standing.takenMinor += lineMinor(part);
      }
      const { goodsMinor, discountMinor, taxMinor } = whole;
      expect(sum).toEqual({ goodsMinor, discountMinor, taxMinor });
      expect(standing.takenMinor).toBe(lineMinor(whole));
    }),
  );
});

describe('shipping', () => {
  const lines = [line({ quantity: 2 }), line({ id: 'ol_2', externalId: 'L2', quantity: 1 })];
  const order = { shippingMinor: 1_000, shippingTakenMinor: 0, lines };
  const named = (...quantities: number[]) =>
    quantities.flatMap((quantity, i) => (quantity > 0 && lines[i] ? [prorateLine(lines[i], quantity)] : []));

  test('none: is never refunded with lines', () => {
    expect(prorateShipping('none', order, named(2, 1))).toBe(0);
  });

  test('full_on_complete_return: with the last pieces of the order, and not before', () => {
    expect(prorateShipping('full_on_complete_return', order, named(2, 0))).toBe(0);
    expect(prorateShipping('full_on_complete_return', order, named(2, 1))).toBe(1_000);
    const [first, second] = lines;
    const later = { ...order, lines: [{ ...first!, takenQuantity: 2, takenMinor: 10_300 }, second!] };
    expect(prorateShipping('full_on_complete_return', later, [prorateLine(second!, 1)])).toBe(1_000);
    expect(
      prorateShipping('full_on_complete_return', { ...later, shippingTakenMinor: 400 }, [prorateLine(second!, 1)]),
    ).toBe(600);
  });

  test('proportional: by price, the last pieces take the remainder', () => {
    expect(prorateShipping('proportional', order, named(1, 0))).toBe(250);
    expect(prorateShipping('proportional', { ...order, shippingTakenMinor: 900 }, named(1, 0))).toBe(100);
    expect(prorateShipping('proportional', order, named(2, 1))).toBe(1_000);
  });

  test('proportional: refunds of any parts in any order sum to the shipping exactly', () => {
    fc.assert(
      fc.property(
        fc.array(anyLine, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 1e6 }),
        (all, shippingMinor) => {
          const standing = all.map((one, i) => ({ ...one.line, id: `ol_${i}` }));
          let shippingTakenMinor = 0;
          for (const [i, { pieces }] of all.entries())
            for (const quantity of pieces) {
              const now = standing[i]!;
              const part = prorateLine(now, quantity);
              const share = prorateShipping('proportional', { shippingMinor, shippingTakenMinor, lines: standing }, [
                part,
              ]);
              expect(share).toBeGreaterThanOrEqual(0);
              shippingTakenMinor += share;
              now.takenQuantity += quantity;
              now.takenMinor += lineMinor(part);
            }
          expect(shippingTakenMinor).toBe(shippingMinor);
        },
      ),
    );
  });
});
