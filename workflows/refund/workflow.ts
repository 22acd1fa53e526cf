import { CancellationScope } from '@temporalio/workflow';
import type { RefundWorkflowInput, RefundWorkflowResult } from '../../contract';
import { listen } from './messages';
import { show } from './show';
import { openCase } from './state';
import { approve } from './steps/approve';
import { arrive } from './steps/arrive';
import { close } from './steps/close';
import { pay } from './steps/pay';
import { tellOutsiders } from './steps/tell';

/**
 * One refund, from its acceptance to the end. Acceptance has already judged, planned, reserved and opened stage one;
 * every later change is one record step, and what that step answers is where the refund stands.
 *
 * A cancellation from a console changes nothing: taking a refund back is a withdrawal, by somebody who may.
 */
export async function refundWorkflow(input: RefundWorkflowInput): Promise<RefundWorkflowResult> {
  return await CancellationScope.nonCancellable(async () => {
    const refund = openCase(input);
    listen(refund);
    show(refund);

    await approve(refund);
    if (refund.state.status === 'declined') tellOutsiders(refund, 'declined');

    if (refund.state.status === 'paying') {
      tellOutsiders(refund, 'approved');
      await pay(refund);
      tellOutsiders(refund, 'paid');
      await arrive(refund);
    }

    await close(refund);
    return { refundId: input.refundId, seq: refund.state.seq, status: refund.state.status };
  });
}
