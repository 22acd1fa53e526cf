import { refundableMinor } from '../../domain/payment';
import { REFUNDABLE_MINOR } from '../../store/payment-room';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const pick = <Value>(values: readonly Value[], n: number): Value => values[n % values.length] as Value;

test('what can be refunded is the same in a statement as in the domain', async () => {
  // Every combination: each list is walked once within one step of the lists before it.
  const cases = Array.from({ length: 2 * 3 * 2 * 2 * 3 * 2 * 2 }, (_, n) => ({
    captured_minor: pick([10, 20], n),
    stated_captured_minor: pick([null, 5, 25], Math.floor(n / 2)),
    refunded_minor: pick([0, 5], Math.floor(n / 6)),
    refunded_elsewhere_minor: pick([0, 3], Math.floor(n / 12)),
    stated_elsewhere_minor: pick([null, 1, 8], Math.floor(n / 24)),
    disputed_minor: pick([0, 4], Math.floor(n / 72)),
    reserved_minor: pick([0, 6], Math.floor(n / 144)),
  }));
  const rows = await store.db.$queryRaw<{ n: number; left: bigint }[]>`
    SELECT n, (${REFUNDABLE_MINOR})::bigint AS "left"
    FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(cases)}::jsonb) AS (captured_minor bigint,
      stated_captured_minor bigint, refunded_minor bigint, refunded_elsewhere_minor bigint, stated_elsewhere_minor bigint,
      disputed_minor bigint, reserved_minor bigint)) WITH ORDINALITY AS payments(captured_minor, stated_captured_minor,
      refunded_minor, refunded_elsewhere_minor, stated_elsewhere_minor, disputed_minor, reserved_minor, n)
    ORDER BY n`;
  const exact = (minor: number | null): bigint | null => (minor === null ? null : BigInt(minor));
  expect(rows.map(({ left }) => left)).toEqual(
    cases.map((one) =>
      refundableMinor({
        capturedMinor: BigInt(one.captured_minor),
        statedCapturedMinor: exact(one.stated_captured_minor),
        refundedMinor: BigInt(one.refunded_minor),
        refundedElsewhereMinor: BigInt(one.refunded_elsewhere_minor),
        statedElsewhereMinor: exact(one.stated_elsewhere_minor),
        disputedMinor: BigInt(one.disputed_minor),
        reservedMinor: BigInt(one.reserved_minor),
      }),
    ),
  );
});
