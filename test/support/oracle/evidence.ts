import type { ProcessState } from '../../../domain/refund';
import type { Db } from '../../../store';
import { violated, type Violation } from './input';

/** How long after its instant a question to a provider may still be on its way. */
const QUERY_GRACE_MS = 600_000;

/**
 * 3. Nothing is at its end without the provider's word: what is paid has been sighted as paid, what failed as failed, what
 * arrived was confirmed. What is not known is asked about at an instant to come, or is on the desk.
 */
export async function evidence(db: Db, now: Date): Promise<Violation[]> {
  const refunds = await db.refund.findMany({
    include: {
      allocations: { include: { attempts: { orderBy: { number: 'asc' } } } },
      transitions: { where: { kind: { in: ['payment', 'provider_event', 'receipt'] } } },
      deskItems: { where: { status: 'open' } },
    },
  });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const kinds = new Set(refund.transitions.map((transition) => transition.kind));
    const found: string[] = [];
    if (refund.status === 'arrived' && !kinds.has('receipt')) found.push('arrived, and nobody confirmed it');
    if (
      (refund.status === 'paid' || refund.status === 'arrived') &&
      !state.legs.every((leg) => leg.status === 'succeeded')
    )
      found.push('paid, and a leg is not');
    for (const attempt of refund.allocations.flatMap((allocation) => allocation.attempts)) {
      const name = `attempt ${attempt.reference}`;
      if (attempt.route === 'manual') {
        // The word of two people, and their proof, stand in for the provider's.
        if (attempt.proofEvidenceId === null || attempt.settledAt === null) found.push(`${name}: paid without a proof`);
        continue;
      }
      if (attempt.status === 'succeeded' && (attempt.providerRefundId === null || attempt.settledAt === null))
        found.push(`${name}: succeeded without the provider's number or an instant`);
      if (attempt.status === 'succeeded' && attempt.instructedAt === null) found.push(`${name}: never instructed`);
      if (attempt.status === 'failed' && attempt.failureCode === null) found.push(`${name}: failed without a reason`);
      if (attempt.status !== 'reserved' && attempt.status !== 'instructed' && attempt.sightings === 0)
        found.push(`${name}: ${attempt.status}, and nobody has seen it`);
    }
    for (const leg of state.legs) {
      if (leg.status !== 'unknown' && leg.status !== 'pending') continue;
      const onDesk = refund.deskItems.some((item) => item.kind === 'payment_unresolved');
      if (leg.nextQueryAt === null && !onDesk) found.push(`nobody asks about leg ${leg.id} (${leg.status})`);
      if (leg.nextQueryAt !== null && Date.parse(leg.nextQueryAt) + QUERY_GRACE_MS < now.getTime())
        found.push(`leg ${leg.id} (${leg.status}) was to be asked about at ${leg.nextQueryAt}`);
    }
    return found.map((what) => violated('evidence', `refund ${refund.id}: ${what}`));
  });
}
