import { proposedActionOf, type DeskFacts } from '../domain/process';
import type { DeskAction, ProcessState } from '../domain/refund';
import type { Db } from './client';
import { readDestinationUse } from './interlocks';
import type { Mode } from './refund-views';

/** What an act of the desk rests on beside the process: the proof or the account that it names. */
export async function readDeskFacts(
  tx: Db,
  refund: { id: string; mode: Mode; customerId: string },
  state: ProcessState,
  action: DeskAction,
  atIso: string,
): Promise<DeskFacts> {
  const act = proposedActionOf(state, action);
  const leg = state.legs.find((one) => one.id === act?.legId);
  const isUnsent =
    leg?.status === 'reserved' &&
    (await tx.paymentAttempt.count({ where: { allocationId: leg.id, number: leg.attempt, status: 'reserved' } })) === 1;
  // Of this refund, or of none yet.
  const own = { mode: refund.mode, OR: [{ refundId: null }, { refundId: refund.id }] };
  if (act?.act === 'manual_payment')
    return {
      isUnsent,
      proofFound: (await tx.evidence.count({ where: { id: act.proofEvidenceId, ...own } })) === 1,
      destination: null,
    };
  if (act?.act === 'alternative_route') {
    const account = { id: act.destinationId, customerId: refund.customerId, ...own };
    const isTheirs = (await tx.destination.count({ where: account })) === 1;
    return {
      isUnsent,
      proofFound: false,
      destination: isTheirs ? await readDestinationUse(tx, act.destinationId, atIso) : null,
    };
  }
  return { isUnsent, proofFound: false, destination: null };
}
