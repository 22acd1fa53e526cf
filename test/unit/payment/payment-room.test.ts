import fc from 'fast-check';
import { fitElsewhere, refundableMinor, type PaymentBalances } from '../../../domain/payment';

const payment = (changes: Partial<PaymentBalances> = {}): PaymentBalances => ({
  capturedMinor: 10_000n,
  refundedMinor: 1_000n,
  disputedMinor: 500n,
  reservedMinor: 2_000n,
  refundedElsewhereMinor: 300n,
  statedCapturedMinor: null,
  statedElsewhereMinor: null,
  ...changes,
});

test.each([
  ['what is left of the capture', {}, 6_200n],
  ['less captured than stands in the books', { statedCapturedMinor: 9_000n }, 5_200n],
  ['more captured than stands in the books is not believed', { statedCapturedMinor: 11_000n }, 6_200n],
  ['more refunded elsewhere than the books could take', { statedElsewhereMinor: 700n }, 5_800n],
  ['less refunded elsewhere than the books have', { statedElsewhereMinor: 100n }, 6_200n],
  ['never less than nothing', { statedElsewhereMinor: 9_999n }, 0n],
])('can be refunded: %s', (_what, changes, expected) => {
  expect(refundableMinor(payment(changes))).toBe(expected);
});

test.each([
  ['all of it, where it fits', 0n, 6_500n, { bookedMinor: 6_500n, statedMinor: null }],
  ['as much as fits, and the whole is stated', 0n, 6_501n, { bookedMinor: 6_500n, statedMinor: 6_501n }],
  ['not less than stands already', 800n, 300n, { bookedMinor: 800n, statedMinor: null }],
])('the books take of what is refunded elsewhere: %s', (_what, atLeast, proven, expected) => {
  expect(fitElsewhere(payment(), atLeast, proven)).toEqual(expected);
});

test('what fits never goes beyond the capture, and nothing that is proven is lost', () => {
  const minor = fc.bigInt({ min: 0n, max: 1_000_000n });
  fc.assert(
    fc.property(minor, minor, minor, minor, (spoken, room, booked, proven) => {
      fc.pre(booked <= room);
      const capture = { capturedMinor: spoken + room, refundedMinor: spoken, disputedMinor: 0n, reservedMinor: 0n };
      const { bookedMinor, statedMinor } = fitElsewhere(capture, booked, proven);
      expect(bookedMinor).toBeGreaterThanOrEqual(booked);
      expect(bookedMinor).toBeLessThanOrEqual(room);
      expect(proven > bookedMinor ? statedMinor === proven : statedMinor === null).toBe(true);
    }),
  );
});
