import { ActivityFailure, log } from '@temporalio/workflow';
import { tell } from '../activities';
import type { RefundCase } from '../state';

/**
 * Tells outsiders what has just been recorded: the parties and the CRM, beside the process. Nobody waits for a letter;
 * what fails here is left to the shared delivery.
 */
export function tellOutsiders(refund: RefundCase, what: string): void {
  const input = { refundId: refund.input.refundId, seq: refund.state.seq, now: new Date().toISOString() };
  // One activity for both: each costs six events and a workflow task of its own.
  const calls = refund.tellsTogether
    ? [tell.tellOutsiders.executeWithOptions({ summary: `tell customer and CRM: ${what}` }, [input])]
    : [
        tell.notifyParties.executeWithOptions({ summary: `tell the customer: ${what}` }, [input]),
        tell.syncCrm.executeWithOptions({ summary: `CRM: ${what}` }, [input]),
      ];
  for (const call of calls) refund.telling.push(call.catch(leaveToDelivery));
}

function leaveToDelivery(error: unknown): void {
  if (!(error instanceof ActivityFailure)) throw error;
  log.warn('A message is left to the shared delivery.', { error: String(error) });
}
