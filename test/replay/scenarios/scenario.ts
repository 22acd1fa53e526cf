import type { WorkflowHandle } from '@temporalio/client';
import type { DecisionContent, DeskAction, ProcessState } from '../../../domain/refund';
import type { NewProviderEvent } from '../../../store';
import { approve, type World } from '../../support/world';

/** Runs a refund along one path; answers the workflow whose history is kept. */
export type Scenario = (world: World) => Promise<WorkflowHandle>;

export const instead = (
  stage: string,
  decision: DecisionContent['decision'],
  snapshotVersion = 1,
): DecisionContent => ({
  ...approve(stage, snapshotVersion),
  decision,
});

export const paid = ({ status }: ProcessState): boolean => status === 'paid';

/** A one-stage refund whose provider behaves like this, approved. */
export async function paying(world: World, fault?: Record<string, unknown>): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  if (fault) await world.fault({ reference: legs[0]?.reference, ...fault });
  await world.decide(handle, 'reviewer', approve('first_review'));
  return handle;
}

/** Moves the clock to the next instant at which the provider is asked, until it has said that the money moved. */
export async function askUntilPaid(world: World, handle: WorkflowHandle): Promise<WorkflowHandle> {
  for (let i = 0; i < 6; i += 1) {
    const state = await world.until(handle, ({ legs, status }) => status === 'paid' || legs[0]?.nextQueryAt != null);
    if (state.status === 'paid') return handle;
    const queries = state.legs[0]?.queries ?? 0;
    await world.advanceTo(handle, state.legs[0]?.nextQueryAt ?? '');
    await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) > queries);
  }
  throw new Error('The provider did not come to an answer.');
}

/** Lets the provider's money of a refund's newest attempt come back; nobody is told. */
export async function sendBack(world: World, handle: WorkflowHandle): Promise<Partial<NewProviderEvent>> {
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
    orderBy: { number: 'desc' },
  });
  await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'failed', failureReason: 'expired_or_canceled_card' }),
  });
  const failure = { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' } as const;
  return { facts: { outcome: 'failed', amountMinor: Number(attempt.amountMinor), failure, traceNumber: null } };
}

/** Two people, one after the other. */
export async function byTwo(world: World, handle: WorkflowHandle, action: DeskAction): Promise<void> {
  await world.actOnDesk(handle, action, 'finance');
  const { proposals } = await world.state(handle);
  await world.actOnDesk(handle, { act: 'confirm', proposalId: proposals?.[0]?.id ?? '' }, 'finance2');
}
