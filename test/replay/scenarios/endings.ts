import { createEvidence } from '../../../store';
import { byTwo, paid, paying, sendBack, type Scenario } from './scenario';

/** What becomes of money that was paid, came back, or was not paid. */
export const ENDINGS: Record<string, Scenario> = {
  arrived: async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'returned-in-watch': async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.notify(handle, await sendBack(world, handle));
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    await world.actOnDesk(handle, { act: 'new_attempt', legId: legs[0]?.id ?? '' });
    const { arrival } = await world.until(handle, paid);
    await world.advanceTo(handle, arrival?.promisedBy ?? '');
    await world.until(handle, (state) => state.arrival?.overdue === true);
    await world.actOnDesk(handle, { act: 'query_payment' });
    await world.until(handle, (state) => (state.legs[0]?.queries ?? 0) > 1);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'given-up': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    await byTwo(world, handle, { act: 'give_up', legId: legs[0]?.id ?? '' });
    await handle.result();
    return handle;
  },
  'paid-by-hand': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    const proof = { mode: 'test', sha256: 'a'.repeat(64), mime: 'application/pdf', fileName: 'transfer.pdf' } as const;
    const by = { uploadedKind: 'person', uploadedById: 'key-of-finance', customerId: null } as const;
    const { id } = await createEvidence(world.db, { ...proof, ...by, content: Buffer.from('proof') }, new Date());
    const paidAt = new Date(Date.now() - 60_000).toISOString();
    await byTwo(world, handle, { act: 'manual_payment', legId: legs[0]?.id ?? '', proofEvidenceId: id, paidAt });
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'arrival-watch-ended': async (world) => {
    const handle = await paying(world);
    const { arrival } = await world.until(handle, paid);
    await Promise.allSettled([world.advanceTo(handle, arrival?.watchUntil ?? '')]);
    await handle.result();
    return handle;
  },
};
