import { manualPaymentOf, type DeskFacts } from '../domain/process';
import type { DeskAction, ProcessState } from '../domain/refund';
import type { Db } from './client';
import type { Mode } from './refund-views';

/** What an act of the desk rests on beside the process: the proof that it names. */
export async function readDeskFacts(
  tx: Db,
  refund: { id: string; mode: Mode },
  state: ProcessState,
  action: DeskAction,
): Promise<DeskFacts> {
  const manual = manualPaymentOf(state, action);
  const proof = manual && {
    id: manual.proofEvidenceId,
    mode: refund.mode,
    OR: [{ refundId: null }, { refundId: refund.id }],
  };
  return { proofFound: proof !== null && (await tx.evidence.count({ where: proof })) === 1 };
}
