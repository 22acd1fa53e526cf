import type { WorkflowHandle } from '@temporalio/client';
import { approve, openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** What the server says of a run, once it has been quiet for a moment: letters run beside the process. */
async function costOf(handle: WorkflowHandle): Promise<{ events: number; bytes: number }> {
  const read = async () => {
    const { raw } = await handle.describe();
    return {
      events: Number(raw.workflowExecutionInfo?.historyLength ?? 0),
      bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0),
    };
  };
  for (let last = await read(); ;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await read();
    if (now.events === last.events) return now;
    last = now;
  }
}

async function threeStages(handle: WorkflowHandle): Promise<void> {
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.decide(handle, 'reviewer2', approve('second_review'));
  await world.decide(handle, 'approver2', approve('final_approval'));
}

test('three stages, accepted to paid: at most 60 events and 25 KB', async () => {
  const handle = await world.start(800_000);
  await threeStages(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  const cost = await costOf(handle);
  process.stdout.write(`three stages, accepted to paid: ${cost.events} events, ${cost.bytes} bytes\n`);
  expect(cost.events).toBeLessThanOrEqual(60);
  expect(cost.bytes).toBeLessThanOrEqual(25 * 1024);
});

test('with a pending payment, its notification and the arrival: at most 75 events', async () => {
  const handle = await world.start(800_000);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, behaviour: 'pending-ok', delayMs: 1, count: 1 });
  await threeStages(handle);
  await world.until(handle, (state) => state.legs[0]?.status === 'pending');
  await world.notify(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  await world.confirmReceipt(handle);
  expect(await handle.result()).toMatchObject({ status: 'arrived' });
  const cost = await costOf(handle);
  process.stdout.write(`with notification and arrival: ${cost.events} events, ${cost.bytes} bytes\n`);
  expect(cost.events).toBeLessThanOrEqual(75);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
