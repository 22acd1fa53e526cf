import { CancellationScope } from '@temporalio/workflow';
import type { RefundWorkflowInput, RefundWorkflowResult } from '../../contract';
import { isAppealable } from '../../domain/refund';
import { listen } from './messages';
import { show } from './show';
import { isUnsettled, openCase, type RefundCase } from './state';
import { isAppealed } from './steps/appeal';
import { approve } from './steps/approve';
import { close } from './steps/close';
import { payUntilSettled } from './steps/settle';
import { tellOutsiders } from './steps/tell';

/**
 * One refund, from its acceptance to the end. Acceptance has already judged, planned, reserved and opened stage one;
 * every later change is one record step, and what that step answers is where the refund stands.
 *
 * A cancellation from a console changes nothing: taking a refund back is a withdrawal, by somebody who may.
 */
export async function refundWorkflow(input: RefundWorkflowInput): Promise<RefundWorkflowResult> {
  return await CancellationScope.nonCancellable(async () => {
    const refund = begin(input);

    do {
      await approve(refund);
      if (refund.state.status === 'declined') tellOutsiders(refund, 'declined');
      if (refund.state.status === 'paying') tellOutsiders(refund, 'approved');
      // Nothing is awaited where nobody may appeal: what follows is begun in the same turn as it was before there were appeals.
    } while (isAppealable(refund.state) && (await isAppealed(refund)));

    return await settleAndClose(refund);
  });
}

/**
 * The same refund once more, after its workflow had ended: the provider has told that money came back, or somebody that it
 * has arrived after all. It begins with what Postgres holds, takes the message that it was started for, and goes on from there as the refund's own workflow would.
 */
export async function refundReturnWorkflow(input: RefundWorkflowInput): Promise<RefundWorkflowResult> {
  return await CancellationScope.nonCancellable(async () => {
    const refund = begin(input);
    await close(refund);
    return await settleAndClose(refund);
  });
}

function begin(input: RefundWorkflowInput): RefundCase {
  const refund = openCase(input);
  listen(refund);
  show(refund);
  return refund;
}

/** Money may come back as late as while the workflow closes: then it goes on. */
async function settleAndClose(refund: RefundCase): Promise<RefundWorkflowResult> {
  do {
    await payUntilSettled(refund);
    await close(refund);
  } while (isUnsettled(refund));
  const { refundId } = refund.input;
  return { refundId, seq: refund.state.seq, status: refund.state.status };
}
