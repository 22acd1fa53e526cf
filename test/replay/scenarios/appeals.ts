import defaultPolicy from '../../../prisma/seed/default-policy.json';
import { putInForce } from '../../support/policy';
import { approve, decline, type World } from '../../support/world';
import { paid, type Scenario } from './scenario';

/** A one-stage refund that was declined under a policy that lets people appeal for a week. */
async function declined(world: World): ReturnType<World['start']> {
  await putInForce(world.db, 2, { appealWindowDays: 7 });
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', decline('first_review'));
  return handle;
}

/** A one-stage refund of which less was approved, under a policy that has the customer asked. */
async function offered(world: World): ReturnType<World['start']> {
  const customerAnswer = { ...defaultPolicy.customerAnswer, offerBusinessDays: 3 };
  await putInForce(world.db, 3, { appealWindowDays: 7, customerAnswer });
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 6_000 });
  return handle;
}

/** What becomes of a decline that can be appealed. Behind all others: their refunds are to be planned by the default policy. */
export const APPEALS: Record<string, Scenario> = {
  appealed: async (world) => {
    const handle = await declined(world);
    await world.appeal(handle);
    await world.decide(handle, 'reviewer2', approve('first_review', 2));
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'appeal-declined': async (world) => {
    const handle = await declined(world);
    await world.appeal(handle, 'agent');
    await world.decide(handle, 'reviewer2', decline('first_review', 2));
    await handle.result();
    return handle;
  },
  'amount-raised': async (world) => {
    const handle = await world.start(600_000);
    await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 500_000 });
    await world.decide(handle, 'approver', { ...approve('second_review', 2), approvedAmountMinor: 600_000 });
    await world.withdraw(handle);
    await handle.result();
    return handle;
  },
  'offer-accepted': async (world) => {
    const handle = await offered(world);
    await world.acceptOffer(handle);
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'offer-unanswered': async (world) => {
    const handle = await offered(world);
    const { answer } = await world.state(handle);
    await world.advanceTo(handle, answer?.deadlineAt ?? '');
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'appeal-lapsed': async (world) => {
    const handle = await declined(world);
    const { appeal } = await world.state(handle);
    // The clock jumps until the workflow ends, which ends the jump.
    await Promise.allSettled([world.advanceTo(handle, appeal?.until ?? '')]);
    await handle.result();
    return handle;
  },
};
