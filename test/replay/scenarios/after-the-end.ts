import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import {
  confirmReceiptUpdate,
  providerEventSignal,
  REFUND_RETURN_WORKFLOW_TYPE,
  refundReturnStart,
  refundReturnWorkflowId,
} from '../../../contract';
import { claimRefundRun, readRefundRun } from '../../../store';
import { commandMessage, type World } from '../../support/world';
import { byTwo, paid, paying, sendBack, type Scenario } from './scenario';

/** The refund's next workflow, started for a stored event. */
async function nextRun(world: World, refundId: string, providerEventId: string): Promise<WorkflowHandle> {
  const run = await readRefundRun(world.db, refundId);
  if (!run) throw new Error('There is no such refund.');
  await claimRefundRun(world.db, refundId, null, refundReturnWorkflowId(refundId, 1));
  return world.temporal.client.workflow.signalWithStart(REFUND_RETURN_WORKFLOW_TYPE, {
    ...refundReturnStart(run.input, 1),
    signal: providerEventSignal,
    signalArgs: [{ providerEventId }],
  });
}

/** Money that comes back after the workflow had ended: the history of the workflow that takes it up. */
async function paidAgain(world: World): Promise<WorkflowHandle> {
  const own = await paying(world);
  await world.until(own, paid);
  await world.confirmReceipt(own);
  await own.result();
  const refundId = world.refundIdOf(own);
  const handle = await nextRun(world, refundId, await world.storeEvent(own, await sendBack(world, own)));
  const { legs } = await world.until(own, ({ status }) => status === 'payment_failed');
  await world.actOnDesk(handle, { act: 'new_attempt', legId: legs[0]?.id ?? '' });
  await world.until(own, paid);
  await world.confirmReceipt(handle);
  await handle.result();
  return handle;
}

/** What was given up and has moved after all: the workflow that an old success has ask the provider, and go on. */
async function paidAfterAll(world: World): Promise<WorkflowHandle> {
  const own = await paying(world, { operation: 'refund.create', behaviour: 'pending-fail', delayMs: 0, count: 1 });
  const { legs } = await world.until(own, (state) => state.legs[0]?.status === 'pending');
  const failed = await sendBack(world, own);
  await world.notify(own, failed);
  await world.until(own, ({ status }) => status === 'payment_failed');
  await byTwo(world, own, { act: 'give_up', legId: legs[0]?.id ?? '' });
  await own.result();
  const refundId = world.refundIdOf(own);
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
  await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'succeeded' }),
  });
  const facts = { outcome: 'succeeded' as const, amountMinor: 10_000, failure: null, traceNumber: null };
  const handle = await nextRun(world, refundId, await world.storeEvent(own, { facts }));
  await world.until(own, paid);
  await world.confirmReceipt(handle);
  await handle.result();
  return handle;
}

/** A receipt that comes after the watch had ended: the history of the workflow that is started for it. */
async function confirmedLate(world: World): Promise<WorkflowHandle> {
  const own = await paying(world);
  const { arrival } = await world.until(own, paid);
  await Promise.allSettled([world.advanceTo(own, arrival?.watchUntil ?? '')]);
  await own.result();
  const refundId = world.refundIdOf(own);
  const run = await readRefundRun(world.db, refundId);
  if (!run) throw new Error('There is no such refund.');
  await claimRefundRun(world.db, refundId, null, refundReturnWorkflowId(refundId, 1));
  const command = await world.shop.command({ kind: 'confirm_receipt', refundId, who: 'customer', body: {} });
  await world.temporal.client.workflow.executeUpdateWithStart(confirmReceiptUpdate, {
    args: [commandMessage(command)],
    updateId: command.id,
    startWorkflowOperation: new WithStartWorkflowOperation(
      REFUND_RETURN_WORKFLOW_TYPE,
      refundReturnStart(run.input, 1),
    ),
  });
  const handle = world.temporal.client.workflow.getHandle(refundReturnWorkflowId(refundId, 1));
  await handle.result();
  return handle;
}

/** The workflows that take a refund up again after its own has ended. */
export const AFTER_THE_END: Record<string, Scenario> = {
  'paid-again': paidAgain,
  'paid-after-all': paidAfterAll,
  'confirmed-late': confirmedLate,
};
