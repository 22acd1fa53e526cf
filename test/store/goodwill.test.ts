import {
  confirmGoodwillBudget,
  listGoodwillBudgets,
  newId,
  previewRefund,
  publishPolicy,
  readPastRefunds,
  proposeGoodwillBudget,
  readRefund,
  type Database,
  type PastRefund,
} from '../../store';
import { publicRefund } from '../../domain/refund';
import defaultPolicy from '../../prisma/seed/default-policy.json';
import { enterDestination } from '../support/destinations';
import { budgetInput, grantBudget } from '../support/goodwill';
import type { Shop } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
let destinationId = '';
const NOW = new Date();
const newBudgetId = (): string => newId('cm').replace('cm_', 'gb_');
const DAY_MS = 86_400_000;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop } = store);
  destinationId = (await enterDestination(db, shop)).id;
});
afterAll(() => store.close());
beforeEach(async () => {
  // Budgets of earlier tests are over.
  await db.goodwillBudget.updateMany({
    where: { state: 'active' },
    data: { periodFrom: new Date(0), periodTo: new Date(1) },
  });
});

const grant = ({ id = newBudgetId(), ...changes }: { id?: string } & Partial<ReturnType<typeof budgetInput>> = {}) =>
  grantBudget(db, id, changes, NOW);

const ask = async (amountMinor: number, order?: string): Promise<string> =>
  shop.accept(order ?? (await shop.addOrder(50_000)), 10_000, NOW.toISOString(), null, {
    destinationId,
    goodwill: { code: 'inconvenience', amountMinor },
  });

const standing = async (id: string) => {
  const budget = (await listGoodwillBudgets(db, 'test')).find((one) => one.id === id);
  return [budget?.reservedMinor, budget?.spentMinor];
};

const act = (personId: string, at = NOW) =>
  ({ mode: 'test', personId, commandId: 'cm_1', nowIso: at.toISOString() }) as const;
const wordsOn = async (id: string) =>
  (await db.auditEvent.findMany({ where: { data: { path: ['budgetId'], equals: id } }, orderBy: { seq: 'asc' } })).map(
    ({ type, actorId }) => [type, actorId],
  );

test('a budget is money when a second person confirms it, however often each says so, and both are on record', async () => {
  const id = newBudgetId();
  const proposal = { id, ...budgetInput(NOW.getTime()) };
  const proposed = await proposeGoodwillBudget(db, act('pn_1'), proposal);
  expect(await proposeGoodwillBudget(db, act('pn_1'), { ...proposal, limitMinor: 99 })).toEqual(proposed);
  expect(proposed).toMatchObject({ state: 'proposed', limitMinor: 10_000, proposedBy: 'pn_1', confirmedBy: null });
  await expect(ask(2_000)).rejects.toThrow('goodwill_budget_exhausted');
  expect(await confirmGoodwillBudget(db, act('pn_1'), id)).toEqual({ kind: 'refused', reason: 'same_person' });
  await expect(ask(2_000)).rejects.toThrow('goodwill_budget_exhausted');
  const granted = await confirmGoodwillBudget(db, act('pn_2'), id);
  expect(granted).toMatchObject({ kind: 'done', row: { state: 'active', confirmedBy: 'pn_2', reservedMinor: 0 } });
  expect(await confirmGoodwillBudget(db, act('pn_2'), id)).toEqual(granted);
  expect(await confirmGoodwillBudget(db, act('pn_3'), id)).toEqual({ kind: 'not_open', state: 'active' });
  expect(await wordsOn(id)).toEqual([
    ['goodwill_budget.proposed', 'pn_1'],
    ['goodwill_budget.granted_refused', 'pn_1'],
    ['goodwill_budget.granted', 'pn_2'],
  ]);
  expect(await db.payment.count({ where: { externalId: id } })).toBe(1);
  await ask(2_000);
  expect(await standing(id)).toEqual([2_000, 0]);
});

test('a budget that nobody confirms within a day is void', async () => {
  const id = newBudgetId();
  await proposeGoodwillBudget(db, act('pn_1'), { id, ...budgetInput(NOW.getTime()) });
  const late = new Date(NOW.getTime() + DAY_MS + 1);
  expect(await confirmGoodwillBudget(db, act('pn_2', late), id)).toEqual({
    kind: 'refused',
    reason: 'proposal_expired',
  });
  expect(await confirmGoodwillBudget(db, { ...act('pn_2'), mode: 'live' }, id)).toEqual({ kind: 'missing' });
});

test('goodwill is a leg of its own beside the amount, and never in the reservation of the capture', async () => {
  const { id: budgetId } = await grant();
  const refundId = await ask(2_000);
  const legs = await db.allocation.findMany({
    where: { refundId },
    orderBy: { position: 'asc' },
    include: { payment: true, attempts: true },
  });
  expect(legs.map((leg) => [leg.payment.provider, leg.amountMinor, leg.payment.reservedMinor])).toEqual([
    ['stripe', 10_000n, 10_000n],
    ['goodwill', 2_000n, 2_000n],
  ]);
  expect(legs[1]?.attempts).toMatchObject([
    { route: 'destination', destinationId, provider: null, amountMinor: 2_000n },
  ]);
  expect(legs[0]?.attempts).toMatchObject([{ route: 'original', destinationId: null }]);
  expect(await standing(budgetId)).toEqual([2_000, 0]);

  const record = await readRefund(db, 'test', refundId);
  if (!record) throw new Error('gone');
  expect(publicRefund(record)).toMatchObject({
    amountMinor: 10_000,
    payments: [{ amountMinor: 10_000 }],
    breakdown: { totalMinor: 10_000 },
    goodwill: {
      code: 'inconvenience',
      amountMinor: 2_000,
      status: 'reserved',
      label: { en: 'For your trouble', 'zh-CN': '致歉补偿' },
    },
  });
  expect(record.process.legs.map((leg) => [leg.fund, leg.destinationId])).toEqual([
    [undefined, undefined],
    ['goodwill', destinationId],
  ]);
  const { snapshot } = await db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect(snapshot).toMatchObject({ goodwill: { code: 'inconvenience', amountMinor: 2_000 } });
});

test('clients at once never get more than the budget has, and none of them more than the capture', async () => {
  const { id: budgetId } = await grant({ limitMinor: 5_000 });
  const orders = await Promise.all(Array.from({ length: 12 }, () => shop.addOrder(50_000)));
  const results = await Promise.allSettled(orders.map((order) => ask(1_000, order)));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  expect(refused).toEqual(Array.from({ length: 7 }, () => 'Error: Refused: goodwill_budget_exhausted'));
  expect(await standing(budgetId)).toEqual([5_000, 0]);
  // Whoever was refused holds nothing of the capture either.
  const held = await db.payment.aggregate({
    where: { order: { externalId: { in: orders } } },
    _sum: { reservedMinor: true },
  });
  expect(held._sum.reservedMinor).toBe(50_000n);
});

test('a budget of the branch goes first, then the one that ends first; one of another time or branch is not touched', async () => {
  const general = await grant({ limitMinor: 3_000 });
  const own = await grant({ branch: 'shanghai-1', limitMinor: 1_000 });
  const other = await grant({ branch: 'shanghai-2' });
  const over = await grant({
    periodFrom: new Date(NOW.getTime() - 3 * DAY_MS).toISOString(),
    periodTo: new Date(NOW.getTime() - 1).toISOString(),
  });
  const order = await shop.addOrder(50_000);
  await db.order.updateMany({ where: { externalId: order }, data: { branch: 'shanghai-1' } });
  await ask(1_000, order);
  expect(await standing(own.id)).toEqual([1_000, 0]);
  await ask(2_000, await shop.addOrder(50_000));
  expect(await standing(general.id)).toEqual([2_000, 0]);
  expect([await standing(other.id), await standing(over.id)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test.each([
  ['an unknown code', { code: 'because', amountMinor: 1 }, 'goodwill_not_allowed'],
  ['more than the policy gives', { code: 'inconvenience', amountMinor: 20_001 }, 'goodwill_not_allowed'],
])('%s is refused before anything is reserved', async (_what, goodwill, code) => {
  const { id: budgetId } = await grant({ limitMinor: 100_000 });
  const order = await shop.addOrder(50_000);
  await expect(shop.accept(order, 10_000, NOW.toISOString(), null, { destinationId, goodwill })).rejects.toThrow(code);
  expect(await standing(budgetId)).toEqual([0, 0]);
  expect(
    await db.payment.aggregate({ where: { order: { externalId: order } }, _sum: { reservedMinor: true } }),
  ).toEqual({
    _sum: { reservedMinor: 0n },
  });
});

test('without an account of the customer nothing is reserved', async () => {
  const { id: budgetId } = await grant();
  const order = await shop.addOrder(50_000);
  await expect(
    shop.accept(order, 10_000, NOW.toISOString(), null, { goodwill: { code: 'inconvenience', amountMinor: 1 } }),
  ).rejects.toThrow('goodwill_destination_required');
  expect(await standing(budgetId)).toEqual([0, 0]);
});

test('a preview waits for nobody who spends from the budget', async () => {
  const { id: budgetId } = await grant();
  const question = {
    mode: 'test',
    orderExternalId: await shop.addOrder(50_000),
    amountMinor: 10_000,
    currency: 'CNY',
    reasonCode: 'quality',
    description: '左侧扶手断裂',
    channel: 'api',
    resolution: 'refund',
    evidenceIds: [],
    requestedBy: null,
    externalReference: null,
    destinationId,
    metadata: {},
    enteredBy: { kind: 'system', id: 'key-of-integrator', personId: null },
    behindKey: [],
    customerId: null,
    givesGoodwill: true,
  } as const;
  await store.sql.query('BEGIN');
  try {
    await store.sql.query('SELECT id FROM payments WHERE external_id = $1 FOR UPDATE', [budgetId]);
    const seen = await previewRefund(db, { ...question, evidenceIds: [], behindKey: [] }, NOW.toISOString(), (input) =>
      input.goodwill?.budgets.map((budget) => [budget.budgetId, budget.availableMinor]),
    );
    expect(seen).toEqual([[budgetId, 10_000]]);
  } finally {
    await store.sql.query('ROLLBACK');
  }
});

test('what other refunds of the order give counts towards the automatic limit and the stages, kept or put together', async () => {
  await grant();
  const effectiveFrom = '2021-01-01T00:00:00Z';
  const label = { en: 'Small amounts', 'zh-CN': '小额' };
  const document = {
    ...defaultPolicy,
    version: 2,
    effectiveFrom,
    automaticApprovals: [{ id: 'small', label, when: 'true', maxMinor: { CNY: 5_000 } }],
  };
  await publishPolicy(db, 'test', { name: 'default', version: 2, effectiveFrom, document }, new Date());
  const order = await shop.addOrder(50_000);
  const minutesAgo = (minutes: number): string => new Date(NOW.getTime() - minutes * 60_000).toISOString();
  const askAt = (minutes: number, amountMinor: number, givenMinor: number): Promise<string> =>
    shop.accept(order, amountMinor, minutesAgo(minutes), null, {
      destinationId,
      goodwill: { code: 'inconvenience', amountMinor: givenMinor },
    });
  const ids = [await askAt(12, 1_000, 1_500), await askAt(9, 1_100, 1_500), await askAt(6, 1_200, 1_500)];
  const large = await shop.accept(order, 12_300, minutesAgo(3));
  const period = { mode: 'test', fromIso: minutesAgo(13), toIso: minutesAgo(1), branch: null, currency: null } as const;
  const judged = async () => {
    const all: PastRefund[] = [];
    for await (const batch of readPastRefunds(db, period, 10)) all.push(...batch);
    return [...ids, large].map((id) => {
      const found = all.find((one) => one.id === id);
      return [found?.facts.orderTotalOpenAndPaidMinor, found?.plan.approvedBy, found?.plan.stages.length];
    });
  };
  const expected = [
    [2_500, 'small', 0],
    [5_100, undefined, 1],
    [7_800, undefined, 1],
    [20_100, undefined, 2],
  ];
  expect(await judged()).toEqual(expected);
  await db.$transaction([
    db.$executeRaw`SET LOCAL session_replication_role = replica`,
    db.$executeRaw`UPDATE refunds SET facts = NULL`,
  ]);
  expect(await judged()).toEqual(expected);
});
