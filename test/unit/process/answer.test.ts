import { readAnswer, type NamedLine } from '../../../domain/process';
import { deductedMinor, lineMinor, type RefundAmounts } from '../../../domain/refund';

const LINES: NamedLine[] = [
  { lineId: 'ol_1', externalId: 'L1', quantity: 2, amountMinor: 10_300 },
  { lineId: 'ol_2', externalId: 'L2', quantity: 1, amountMinor: 5_000 },
];

const AMOUNTS: RefundAmounts = {
  lines: [
    { externalId: 'L1', quantity: 2, goodsMinor: 10_000, discountMinor: 1_000, taxMinor: 1_300 },
    { externalId: 'L2', quantity: 1, goodsMinor: 5_000, discountMinor: 0, taxMinor: 0 },
  ],
  shippingMinor: 700,
  unattributedMinor: 0,
  deductions: [{ code: 'restocking', amountMinor: 1_000, reason: 'opened', label: { en: 'Fee', 'zh-CN': '费用' } }],
  totalMinor: 15_000,
  shippingRule: 'full_on_complete_return',
};

const answer = (body: Parameters<typeof readAnswer>[1], amounts: RefundAmounts | null = AMOUNTS) =>
  readAnswer({ amountMinor: 15_000, description: 'd', lines: LINES, amounts }, body);

test('a lower amount takes shipping first, then the lines; deductions stand', () => {
  const { amountMinor, lines, amounts } = answer({ amountMinor: 14_000 });
  expect(amountMinor).toBe(14_000);
  expect(amounts).toMatchObject({ shippingMinor: 0, totalMinor: 14_000, deductions: AMOUNTS.deductions });
  expect(lines?.map((line) => line.amountMinor)).toEqual(amounts?.lines.map(lineMinor));
  expect(lines?.reduce((sum, line) => sum + line.amountMinor, 0)).toBe(14_000 + 1_000);
});

test('pieces taken back take the shipping of a complete return with them, so the amount must fall by both', () => {
  const lines = [{ externalId: 'L1', quantity: 1 }];
  // One piece of L1: 5,150, less the deduction.
  expect(answer({ lines }).contradiction).toBe('amount_above_lines');
  expect(answer({ lines, amountMinor: 4_151 }).contradiction).toBe('amount_above_lines');
  const kept = answer({ lines, amountMinor: 4_150 });
  expect(kept).toMatchObject({ contradiction: null, changed: true, amountMinor: 4_150 });
  expect(kept.amounts).toEqual({
    ...AMOUNTS,
    lines: [{ externalId: 'L1', quantity: 1, goodsMinor: 5_000, discountMinor: 500, taxMinor: 650 }],
    shippingMinor: 0,
    totalMinor: 4_150,
  });
  expect(kept.lines).toEqual([
    { lineId: 'ol_1', externalId: 'L1', quantity: 1, amountMinor: 5_150 },
    { lineId: 'ol_2', externalId: 'L2', quantity: 0, amountMinor: 0 },
  ]);
});

test('a proportional share of shipping falls with the lines', () => {
  const amounts = { ...AMOUNTS, shippingRule: 'proportional' as const };
  const lines = [{ externalId: 'L1', quantity: 2 }];
  // 700 × 10,300 / 15,300 = 471.2
  expect(answer({ lines, amountMinor: 9_771 }, amounts).amounts).toMatchObject({ shippingMinor: 471 });
  expect(answer({ lines, amountMinor: 9_772 }, amounts).contradiction).toBe('amount_above_lines');
});

test('words alone change no amount', () => {
  expect(answer({ description: 'other' })).toMatchObject({
    changed: true,
    amountMinor: null,
    lines: null,
    amounts: null,
  });
  expect(answer({ lines: LINES.map(({ externalId, quantity }) => ({ externalId, quantity })) })).toMatchObject({
    changed: false,
    lines: null,
    amounts: null,
  });
});

test('a refund of the time before breakdowns gets one of goods alone', () => {
  const lines = LINES.map((line, i) => ({ ...line, amountMinor: i === 0 ? 10_000 : 5_000 }));
  const { amounts } = readAnswer(
    { amountMinor: 15_000, description: 'd', lines, amounts: null },
    { amountMinor: 6_000 },
  );
  expect(amounts).toMatchObject({ shippingMinor: 0, deductions: [], totalMinor: 6_000, shippingRule: 'none' });
  expect(amounts?.lines.map((line) => [line.goodsMinor, lineMinor(line)])).toEqual([
    [4_000, 4_000],
    [2_000, 2_000],
  ]);
  expect(deductedMinor(amounts?.deductions ?? [])).toBe(0);
});
