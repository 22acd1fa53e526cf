import { newId } from '../../../store';
import { approveFile, enterDestination, tendBankTransfers } from '../../support/destinations';
import { approve, type World } from '../../support/world';
import { askUntilPaid, paid, paying, type Scenario } from './scenario';

/** Stops all payouts. @returns what lifts the stop */
async function stopPayouts({ db }: World): Promise<() => Promise<void>> {
  const at = new Date();
  const { id } = await db.payoutStop.create({
    data: {
      id: newId('ps'),
      mode: 'test',
      scope: 'all',
      reason: 'a leak',
      state: 'active',
      proposedBy: 'pn_1',
      proposedAt: at,
      confirmedBy: 'pn_2',
      confirmedAt: at,
    },
  });
  return async () => {
    const lifted = { state: 'lifted', liftProposedBy: 'pn_1', liftConfirmedBy: 'pn_2' };
    await db.payoutStop.update({ where: { id }, data: lifted });
  };
}

/** How money is instructed, asked about, told of, held and refused. */
export const PAYMENTS: Record<string, Scenario> = {
  'bank-transfer': async (world) => {
    const destination = await enterDestination(world.db, world.shop, { coolingOffMs: 3_600_000 });
    const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
    const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
    const handle = await world.startAccepted(refundId);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.until(handle, ({ legs }) => legs[0]?.hold != null);
    await world.advanceTo(handle, destination.usableFrom ?? '');
    await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
    const file = await world.db.bankFile.findFirstOrThrow({ where: { refundId } });
    for (const who of ['finance', 'finance2'] as const) await approveFile(world.db, world.shop, file, who);
    await tendBankTransfers(world.temporal.client);
    return askUntilPaid(world, handle);
  },
  'payment-unknown': async (world) =>
    askUntilPaid(world, await paying(world, { operation: 'refund.create', behaviour: 'drop-before-commit', count: 2 })),
  'payment-pending-polled': async (world) =>
    askUntilPaid(world, await paying(world, { behaviour: 'pending-ok', delayMs: 1, count: 1 })),
  'payment-pending-notified': async (world) => {
    const handle = await paying(world, { behaviour: 'pending-ok', delayMs: 1, count: 1 });
    await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
    await world.notify(handle);
    await world.until(handle, paid);
    await world.notify(handle);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'payment-failed': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    await world.until(handle, ({ status }) => status === 'payment_failed');
    return handle;
  },
  // An earlier attempt is said to have moved money after all: it is asked about, and the present one waits meanwhile.
  'payment-doubted': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'pending-fail', delayMs: 1, count: 1 });
    const pending = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt != null);
    await world.advanceTo(handle, pending.legs[0]?.nextQueryAt ?? '');
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    const lift = await stopPayouts(world);
    await world.actOnDesk(handle, { act: 'new_attempt', legId: legs[0]?.id ?? '' });
    await world.until(handle, (state) => state.legs[0]?.hold != null);
    await world.notify(handle, { reference: legs[0]?.reference ?? null });
    await world.until(handle, (state) => state.legs[0]?.contradicted === 1);
    await world.actOnDesk(handle, { act: 'query_payment' });
    await world.until(handle, (state) => state.legs[0]?.contradicted === undefined);
    await lift();
    await world.actOnDesk(handle, { act: 'retry_held' });
    await world.until(handle, paid);
    return handle;
  },
  'payment-held': async (world) => {
    const lift = await stopPayouts(world);
    const handle = await paying(world);
    const held = await world.until(handle, ({ legs }) => legs[0]?.hold != null);
    await world.advanceTo(handle, held.legs[0]?.nextQueryAt ?? '');
    await world.until(handle, ({ seq }) => seq > held.seq);
    await lift();
    await world.actOnDesk(handle, { act: 'retry_held' });
    await world.until(handle, paid);
    return handle;
  },
  'payment-unfunded': async (world) => {
    const handle = await paying(world, {
      operation: 'refund.create',
      behaviour: 'error:balance_insufficient',
      count: 1,
    });
    const { legs } = await world.until(handle, ({ status }) => status === 'awaiting_funds');
    await world.advanceTo(handle, legs[0]?.nextQueryAt ?? '');
    await world.until(handle, paid);
    return handle;
  },
  'payment-renewed': async (world) => {
    const destination = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
    await tendBankTransfers(world.temporal.client);
    const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
    const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
    const handle = await world.startAccepted(refundId);
    const { legs } = await world.state(handle);
    const fault = { provider: 'bank_transfer', reference: legs[0]?.reference, behaviour: 'error:AM04', count: 1 };
    await world.fault(fault);
    await world.decide(handle, 'reviewer', approve('first_review'));
    for (const attempt of [1, 2]) {
      await world.until(handle, (state) => state.legs[0]?.attempt === attempt && state.legs[0].status === 'pending');
      const file = await world.db.bankFile.findFirstOrThrow({ where: { refundId, status: 'waiting' } });
      for (const who of ['finance', 'finance2'] as const) await approveFile(world.db, world.shop, file, who);
      await tendBankTransfers(world.temporal.client);
      const asked = await world.state(handle);
      await world.advanceTo(handle, asked.legs[0]?.nextQueryAt ?? '');
      if (attempt === 2) break;
      const held = await world.until(handle, ({ status }) => status === 'awaiting_funds');
      await world.advanceTo(handle, held.legs[0]?.nextQueryAt ?? '');
    }
    await world.until(handle, paid);
    return handle;
  },
};
