import type { WorkflowHandle } from '@temporalio/client';
import { RECONCILE_WORKFLOW_TYPE, reconcileWorkflowId, REFUNDS_QUEUE } from '../../../contract';
import { addDays, dayOf } from '../../../domain/reconciliation';
import { SettlementNotReadyError } from '../../../integrations/payments';
import { startTestWorkers } from '../../support/test-workers';
import type { World } from '../../support/world';

/** A day of two accounts: one record comes late and is compared, the other never comes and is given up. */
export async function reconciled(world: World): Promise<WorkflowHandle> {
  const timing = { dayOffsetMinutes: 0, graceMs: 0, patienceMs: 3_600_000 };
  let asked = 0;
  const worker = await startTestWorkers(world.place, world.db, {
    parts: {
      settlements: {
        accounts: () => ['late', 'never'].map((provider) => ({ provider, merchantAccount: 'default', mode: 'test' })),
        find: (provider) => ({
          provider,
          timing,
          // oxlint-disable-next-line require-yield
          async *fetchDay() {
            if (provider === 'never' || (asked += 1) < 3) throw new SettlementNotReadyError(provider, 'no_bill');
          },
        }),
      },
    },
  });
  const body = { day: addDays(dayOf(Date.now(), 0), -1) };
  const command = await world.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body });
  const handle = await world.temporal.skippingClient.workflow.start(RECONCILE_WORKFLOW_TYPE, {
    workflowId: reconcileWorkflowId(command.id),
    taskQueue: REFUNDS_QUEUE,
    args: [{ commandId: command.id }],
  });
  await handle.result();
  await worker.stop();
  return handle;
}
