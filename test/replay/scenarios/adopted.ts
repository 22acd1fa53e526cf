import type { WorkflowHandle } from '@temporalio/client';
import { decideStageSignal, decideStageUpdate } from '../../../contract';
import { approve, decisionMessage, decline, type World } from '../../support/world';
import { paid } from './scenario';

/** A committed step whose workflow task is lost, then a contrary signal: the history of what was adopted. */
export async function adopted(world: World): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const yes = approve('first_review');
  const no = decline('first_review');
  const approved = await world.shop.decide(world.refundIdOf(handle), 'reviewer', yes, { reason: 'seen' });
  const declined = await world.shop.decide(world.refundIdOf(handle), 'reviewer2', no, { reason: 'seen' });
  const dying = await world.startChildWorker({ dieAfterCommitOf: approved.id });
  // The update is not in history yet when its worker dies; the signal is, so the next attempt hears the signal first.
  const answer = handle.executeUpdate(decideStageUpdate, {
    args: [decisionMessage(approved, yes)],
    updateId: approved.scopeHash,
  });
  await dying.gone;
  await handle.signal(decideStageSignal, decisionMessage(declined, no));
  await world.startWorker();
  await answer;
  await world.until(handle, paid, 60_000);
  return handle;
}
