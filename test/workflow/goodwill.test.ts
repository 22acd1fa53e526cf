import type { WorkflowHandle } from '@temporalio/client';
import { REFUNDS_QUEUE, TEND_BANK_TRANSFERS_TYPE } from '../../contract';
import { approveBankFile, listGoodwillBudgets } from '../../store';
import { enterDestination, PAYOUT_SETTINGS } from '../support/destinations';
import { eventually } from '../support/eventually';
import { grantBudget } from '../support/goodwill';
import type { StaffName } from '../support/shop';
import { approve, decline, openWorld, type World } from '../support/world';

let world: World;
let destinationId = '';
const BUDGET = `gb_${'0'.repeat(32)}`;
beforeAll(async () => {
  world = await openWorld();
  destinationId = (await enterDestination(world.db, world.shop)).id;
  const now = new Date();
  const periodTo = new Date(now.getTime() + 366 * 86_400_000).toISOString();
  await grantBudget(world.db, BUDGET, { periodTo, limitMinor: 50_000 }, now);
});
afterAll(() => world.close());

let runs = 0;
const tend = () =>
  world.temporal.client.workflow.execute(TEND_BANK_TRANSFERS_TYPE, {
    workflowId: `tend-goodwill-${(runs += 1)}`,
    taskQueue: REFUNDS_QUEUE,
  });

/** A refund of 100.00 by Stripe with 20.00 given beside it. */
async function started(): Promise<WorkflowHandle> {
  const order = await world.order(10_000);
  const refundId = await world.shop.accept(order, 10_000, undefined, null, {
    destinationId,
    goodwill: { code: 'inconvenience', amountMinor: 2_000 },
  });
  return world.startAccepted(refundId);
}

async function release(handle: WorkflowHandle, ...persons: StaffName[]): Promise<string> {
  const file = await eventually(
    () => world.db.bankFile.findFirst({ where: { refundId: world.refundIdOf(handle), status: 'waiting' } }),
    (found) => found !== null,
  );
  if (!file) throw new Error('No file was written.');
  for (const who of persons) {
    const command = await world.shop.command({ kind: 'approve_bank_file', refundId: '', who, body: {} });
    await approveBankFile(
      world.db,
      { id: file.id, mode: 'test' },
      {
        personId: world.shop.personIds[who],
        sha256: file.sha256,
        at: new Date().toISOString(),
        commandId: command.id,
      },
      PAYOUT_SETTINGS,
    );
  }
  return file.reference;
}

const standing = async () => {
  const [budget] = await listGoodwillBudgets(world.db, 'test');
  return [budget?.reservedMinor, budget?.spentMinor];
};

test('goodwill is paid from its budget to the customer’s account, beside a refund that goes back the way it came', async () => {
  const handle = await started();
  expect(await standing()).toEqual([2_000, 0]);
  await world.decide(handle, 'reviewer', approve('first_review'));
  const reference = await release(handle, 'finance', 'finance2');
  await tend();
  await tend();
  // The bank has it; the refund is asked for by its own clock.
  for (let n = 0; n < 5; n += 1) {
    const state = await world.state(handle);
    if (state.status === 'paid') break;
    const waiting = state.legs.find((leg) => leg.fund === 'goodwill')?.nextQueryAt;
    if (waiting) await world.advanceTo(handle, waiting);
  }
  const state = await world.until(handle, ({ status }) => status === 'paid');
  expect(state.legs.map((leg) => [leg.fund ?? 'capture', leg.amountMinor, leg.status])).toEqual([
    ['capture', 10_000, 'succeeded'],
    ['goodwill', 2_000, 'succeeded'],
  ]);
  expect(await standing()).toEqual([0, 2_000]);
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  // What is given is beside the amount.
  expect([refund.amountMinor, refund.paidAmountMinor]).toEqual([10_000n, 10_000n]);
  const moved = (await world.ledger()).filter((movement) => movement.reference === reference);
  expect(moved).toMatchObject([{ amountMinor: 2_000, status: 'succeeded' }]);
  expect(await world.violations()).toEqual([]);
});

test('a decline gives the budget its money back', async () => {
  const before = await standing();
  const handle = await started();
  await world.decide(handle, 'reviewer', decline('first_review'));
  await world.until(handle, ({ status }) => status === 'declined');
  expect(await standing()).toEqual(before);
});

test('approving less lowers the refund and not what is given', async () => {
  const handle = await started();
  await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 6_000 });
  const state = await world.state(handle);
  expect(state.legs.map((leg) => leg.amountMinor)).toEqual([6_000, 2_000]);
});
