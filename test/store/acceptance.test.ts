import { checkRequest, planAcceptance, policyFacts, type RequestedRefund } from '../../domain/process';
import {
  acceptRefund,
  readRefund,
  readWorkflowStart,
  verifyRefundChain,
  type Acceptance,
  type AcceptanceOptions,
  type CommandRecord,
  type Database,
  type StoredRefund,
} from '../../store';
import type { Shop } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop } = store);
});
afterAll(() => store.close());

const NOW = new Date().toISOString();

class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const newCommand = (): Promise<CommandRecord> =>
  shop.command({ kind: 'create_refund', refundId: '', who: 'integrator', body: {}, at: NOW });

const ask = async (...request: Parameters<typeof accept>): Promise<string> => (await accept(...request)).refundId;

/** Asks for a refund as the API does: judged inside the transaction that would keep it. */
async function accept(
  orderExternalId: string,
  changes: Partial<RequestedRefund> & Pick<RequestedRefund, 'amountMinor'>,
  command?: CommandRecord,
  options: AcceptanceOptions = {},
): Promise<Acceptance> {
  const stated = command ?? (await newCommand());
  const requested: RequestedRefund = {
    currency: 'CNY',
    reasonCode: 'quality',
    description: '左侧扶手断裂',
    channel: 'api',
    lines: null,
    evidenceIds: [],
    resolution: 'refund',
    expectedRefundableMinor: null,
    ...changes,
  };
  return acceptRefund(
    db,
    {
      ...requested,
      mode: 'test',
      orderExternalId,
      requestedBy: null,
      externalReference: null,
      metadata: {},
      enteredBy: { kind: 'system', id: 'key-of-integrator', personId: null },
      behindKey: [],
      customerId: null,
      commandId: stated.id,
    },
    NOW,
    (input) => {
      const checked = checkRequest(requested, input.order, input.policy, input.knownEvidence, () => true, NOW);
      if (checked.refused) throw new Refused(checked.refused.code);
      const accepted = planAcceptance({
        ...policyFacts(requested, input.order, NOW),
        ...input,
        amountMinor: requested.amountMinor,
        goodwill: null,
      });
      return { accepted, lines: checked.lines, amounts: checked.amounts };
    },
    options,
  );
}

const paymentsOf = async (orderExternalId: string) =>
  (
    await db.payment.findMany({
      where: { order: { externalId: orderExternalId } },
      orderBy: { capturedAt: 'asc' },
      include: { allocations: true, reservations: true },
    })
  ).map((payment) => ({
    id: payment.id,
    captured: Number(payment.capturedMinor),
    reserved: Number(payment.reservedMinor),
    allocated: payment.allocations.reduce((sum, one) => sum + Number(one.amountMinor), 0),
    held: payment.reservations.reduce((sum, one) => sum + Number(one.amountMinor), 0),
  }));

/** Amounts in no order, the same in every run. */
function amounts(count: number, max: number): number[] {
  let seed = 20_260_302;
  return Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return 1 + (seed % max);
  });
}

test('50 clients at once never get more than was captured, and none waits for ever', async () => {
  const captured = 500_000;
  const order = await shop.addOrder(captured, { providerPaymentIds: ['pi_race_1', 'pi_race_2'] });
  // Different amounts, so that no request is another's duplicate.
  const asked = [...new Set(amounts(80, 40_000))].slice(0, 50);
  expect(asked).toHaveLength(50);
  const results = await Promise.allSettled(asked.map((amountMinor) => ask(order, { amountMinor })));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  // Anything else, such as a deadlock or a broken CHECK, is no answer to give a client.
  expect(refused.filter((reason) => !(reason instanceof Refused))).toEqual([]);
  expect(new Set(refused.map((reason) => (reason as Refused).code))).toEqual(new Set(['insufficient_refundable']));
  const acceptedMinor = asked.reduce((sum, one, i) => sum + (results[i]?.status === 'fulfilled' ? one : 0), 0);
  const payments = await paymentsOf(order);
  expect(payments.reduce((sum, one) => sum + one.reserved, 0)).toBe(acceptedMinor);
  for (const payment of payments) {
    expect(payment.reserved).toBeLessThanOrEqual(payment.captured);
    expect(payment).toMatchObject({ allocated: payment.reserved, held: payment.reserved });
  }
  // Whoever was refused really did not fit in what was left.
  const smallestRefused = Math.min(...asked.filter((_, i) => results[i]?.status === 'rejected'));
  expect(smallestRefused).toBeGreaterThan(captured - acceptedMinor);
  expect(await db.refund.count({ where: { order: { externalId: order } } })).toBe(50 - refused.length);
});

test('of many that ask for the same at once, one is accepted and the others are told which', async () => {
  const order = await shop.addOrder(500_000);
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => ask(order, { amountMinor: 10_000 })));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'duplicate_refund' });
  expect((await paymentsOf(order))[0]?.reserved).toBe(10_000);
});

test('orders that are asked for together do not wait for each other', async () => {
  const orders = await Promise.all(Array.from({ length: 10 }, () => shop.addOrder(50_000)));
  const ids = await Promise.all(
    orders.flatMap((order) => [1_000, 2_000].map((amountMinor) => ask(order, { amountMinor }))),
  );
  expect(new Set(ids).size).toBe(20);
});

test('a command that is stated again answers the same refund and reserves nothing more', async () => {
  const order = await shop.addOrder(50_000);
  const command = await newCommand();
  const first = await ask(order, { amountMinor: 20_000 }, command);
  expect(await ask(order, { amountMinor: 20_000 }, command)).toBe(first);
  expect((await paymentsOf(order))[0]?.reserved).toBe(20_000);
  expect(await db.refund.count({ where: { order: { externalId: order } } })).toBe(1);
  expect(await db.startTicket.count({ where: { refundId: first } })).toBe(1);
});

test('a command that is at work several times at once accepts one refund, and all answer it', async () => {
  const order = await shop.addOrder(50_000);
  const command = await newCommand();
  const ids = await Promise.all(Array.from({ length: 6 }, () => ask(order, { amountMinor: 20_000 }, command)));
  expect(new Set(ids).size).toBe(1);
  expect((await paymentsOf(order))[0]?.reserved).toBe(20_000);
});

test('a refused request keeps nothing: no refund, no reservation, and its command stays open', async () => {
  const order = await shop.addOrder(50_000);
  const command = await newCommand();
  const before = await Promise.all([db.message.count(), db.auditEvent.count(), db.startTicket.count()]);
  await expect(ask(order, { amountMinor: 50_001 }, command)).rejects.toThrow('insufficient_refundable');
  expect((await paymentsOf(order))[0]).toMatchObject({ reserved: 0, allocated: 0, held: 0 });
  expect(await db.command.findUnique({ where: { id: command.id } })).toMatchObject({ outcome: 'open', refundId: null });
  expect(await Promise.all([db.message.count(), db.auditEvent.count(), db.startTicket.count()])).toEqual(before);
});

test('what the machine declines reserves nothing, says why, and its workflow still starts to tell it', async () => {
  const order = await shop.addOrder(50_000);
  await db.orderLine.updateMany({
    where: { order: { externalId: order } },
    data: { attributes: { customMade: true } },
  });
  const refundId = await ask(order, { amountMinor: 50_000, reasonCode: 'changed_mind' });
  const refund = await db.refund.findUniqueOrThrow({
    where: { id: refundId },
    include: { stages: true, messages: true, ticket: true, reservations: true, allocations: true },
  });
  expect(refund).toMatchObject({
    status: 'declined',
    declineClause: 'custom-made',
    waitingKind: null,
    reservations: [],
    allocations: [],
    ticket: { consumedAt: null },
  });
  expect(refund.stages.map((stage) => stage.status).toSorted()).toEqual(['declined', 'skipped']);
  expect(refund.messages.map((message) => message.kind).toSorted()).toEqual(['crm_sync', 'refund_declined']);
  expect((await paymentsOf(order))[0]?.reserved).toBe(0);
  expect(await verifyRefundChain(db, refundId)).toBeNull();
  // Nothing is held, so another reason can be given at once.
  await expect(ask(order, { amountMinor: 50_000 })).resolves.toMatch(/^rf_/);
});

test('named lines hold their pieces: what is taken is refused to the next, what is left is not', async () => {
  const order = await shop.addOrder(90_000);
  await db.orderLine.updateMany({
    where: { order: { externalId: order } },
    data: { quantity: 3, unitPriceMinor: 30_000n },
  });
  const line = () => db.orderLine.findFirstOrThrow({ where: { order: { externalId: order } } });
  const first = await ask(order, { amountMinor: 50_000, lines: [{ externalId: 'L1', quantity: 2 }] });
  expect(await line()).toMatchObject({ reservedQuantity: 2, reservedMinor: 50_000n });
  await expect(ask(order, { amountMinor: 1, lines: [{ externalId: 'L1', quantity: 1 }] })).rejects.toThrow(
    'duplicate_refund',
  );
  await db.refund.update({ where: { id: first }, data: { status: 'paid' } });
  await expect(ask(order, { amountMinor: 1, lines: [{ externalId: 'L1', quantity: 2 }] })).rejects.toThrow(
    'contradictory_facts',
  );
  await ask(order, { amountMinor: 40_000, lines: [{ externalId: 'L1', quantity: 1 }] });
  expect(await line()).toMatchObject({ reservedQuantity: 3, reservedMinor: 90_000n });
});

test('a refund over several payments takes them in order of capture, and shows it', async () => {
  const order = await shop.addOrder(90_000, { providerPaymentIds: ['pi_order_1', 'pi_order_2', 'pi_order_3'] });
  const [first, second, third] = await paymentsOf(order);
  const refundId = await ask(order, { amountMinor: 50_000 });
  const allocations = await db.allocation.findMany({
    where: { refundId },
    orderBy: { position: 'asc' },
    include: { attempts: true },
  });
  expect(allocations.map((one) => [one.paymentId, Number(one.amountMinor)])).toEqual([
    [first?.id, 30_000],
    [second?.id, 20_000],
  ]);
  for (const { attempts, amountMinor } of allocations)
    expect(attempts).toMatchObject([
      { number: 1, status: 'reserved', amountMinor, reference: expect.stringMatching(/^[A-Z0-9]{1,32}$/) as string },
    ]);
  await ask(order, { amountMinor: 35_000 });
  expect((await paymentsOf(order)).map((payment) => payment.reserved)).toEqual([30_000, 30_000, 25_000]);
  expect(third?.captured).toBe(30_000);
});

test('an order of nobody, or of another mode, is not found', async () => {
  await expect(ask('O-none', { amountMinor: 1 })).rejects.toThrow('No order O-none');
  const order = await shop.addOrder(1_000);
  await db.order.updateMany({ where: { externalId: order }, data: { mode: 'live' } });
  await expect(ask(order, { amountMinor: 1 })).rejects.toThrow('No order');
});

test('what acceptance says of a refund before it writes is what is read of it afterwards', async () => {
  const order = await shop.addOrder(90_000, { providerPaymentIds: ['pi_said_1', 'pi_said_2'] });
  await db.payment.updateMany({
    where: { order: { externalId: order }, providerPaymentId: 'pi_said_1' },
    data: { accountingCurrency: 'USD', accountingRate: '0.14' },
  });
  const declined = await shop.addOrder(50_000);
  await db.orderLine.updateMany({
    where: { order: { externalId: declined } },
    data: { attributes: { customMade: true } },
  });
  for (const [asked, changes] of [
    [order, { amountMinor: 60_000 }],
    [order, { amountMinor: 20_000, lines: [{ externalId: 'L1', quantity: 1 }] }],
    [declined, { amountMinor: 50_000, reasonCode: 'changed_mind' }],
  ] as const) {
    const said: StoredRefund[] = [];
    const { refundId, start } = await accept(
      asked,
      { ...changes, lines: 'lines' in changes ? [...changes.lines] : null },
      undefined,
      {
        answer: (record) => {
          said.push(record);
          return null;
        },
      },
    );
    // As JSON, which is how both of them leave.
    expect(JSON.parse(JSON.stringify(said))).toEqual([await readRefund(db, 'test', refundId)]);
    expect(JSON.parse(JSON.stringify(start))).toEqual(await readWorkflowStart(db, refundId));
  }
});

test('an answer is kept with what it tells of: a refund that is not written leaves none', async () => {
  const order = await shop.addOrder(50_000);
  const command = await newCommand();
  const answer = () => ({ status: 202, body: '{"said":true}' });
  await expect(accept(order, { amountMinor: 50_001 }, command, { answer })).rejects.toThrow('insufficient_refundable');
  const stored = () => db.command.findUniqueOrThrow({ where: { id: command.id } });
  expect(await stored()).toMatchObject({ outcome: 'open', responseStatus: null });
  const first = await accept(order, { amountMinor: 20_000 }, command, { answer });
  expect(first).toMatchObject({ answer: '{"said":true}', start: { refundId: first.refundId } });
  expect(await stored()).toMatchObject({
    outcome: 'done',
    refundId: first.refundId,
    responseStatus: 202,
    responseBody: '{"said":true}',
    leaseUntil: null,
  });
});

test('who looks first is refused without waiting for whoever holds the order, and accepted only behind the locks', async () => {
  const order = await shop.addOrder(50_000);
  const command = await newCommand();
  await ask(order, { amountMinor: 40_000 }, command);
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  let isHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => (isHeld = resolve));
  const holder = db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.external_id = ${order} FOR UPDATE OF p`;
    isHeld();
    await freed;
  });
  await held;
  await expect(accept(order, { amountMinor: 20_000 }, undefined, { looksFirst: true })).rejects.toThrow(
    'insufficient_refundable',
  );
  let isAccepted = false;
  const fits = accept(order, { amountMinor: 10_000 }, undefined, { looksFirst: true }).then((accepted) => {
    isAccepted = true;
    return accepted;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isAccepted).toBe(false);
  free();
  await holder;
  expect((await fits).refundId).toMatch(/^rf_/);
  // Its own refund is no duplicate of what it asks for.
  expect((await accept(order, { amountMinor: 40_000 }, command, { looksFirst: true })).start).toBeNull();
});
