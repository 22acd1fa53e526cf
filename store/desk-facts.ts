import { proposedActionOf, type DeskFacts } from '../domain/process';
import type { DeskAction, Leg, ProcessState } from '../domain/refund';
import { readDestinationUse } from './interlocks';
import type { Mode } from './refund-views';
import type { Statements } from './statements';

/** What an act of the desk rests on beside the process: the proof or the account that it names. */
export async function readDeskFacts(
  tx: Statements,
  refund: { id: string; mode: Mode; customerId: string },
  state: ProcessState,
  action: DeskAction,
  atIso: string,
): Promise<DeskFacts> {
  const act = proposedActionOf(state, action);
  const leg = state.legs.find((one) => one.id === act?.legId);
  const isUnsent = leg?.status === 'reserved' && (await isReserved(tx, leg));
  // Of this refund, or of none yet.
  if (act?.act === 'manual_payment') {
    const [row] = await tx.$queryRaw<{ found: boolean }[]>`
      SELECT EXISTS (SELECT 1 FROM evidence WHERE id = ${act.proofEvidenceId} AND mode = ${refund.mode}::"Mode"
        AND (refund_id IS NULL OR refund_id = ${refund.id})) AS found`;
    return { isUnsent, proofFound: row?.found === true, destination: null, money: null };
  }
  if (act?.act === 'alternative_route') {
    const [row] = await tx.$queryRaw<{ found: boolean; currency: string | null }[]>`
      SELECT (SELECT p.currency FROM allocations a JOIN payments p ON p.id = a.payment_id
          WHERE a.id = ${act.legId} AND a.refund_id = ${refund.id}) AS currency,
        EXISTS (SELECT 1 FROM destinations WHERE id = ${act.destinationId} AND mode = ${refund.mode}::"Mode"
        AND customer_id = ${refund.customerId} AND (refund_id IS NULL OR refund_id = ${refund.id})) AS found`;
    return {
      isUnsent,
      proofFound: false,
      destination: row?.found ? await readDestinationUse(tx, act.destinationId, atIso) : null,
      money: row?.currency ? { mode: refund.mode, currency: row.currency } : null,
    };
  }
  return { isUnsent, proofFound: false, destination: null, money: null };
}

async function isReserved(tx: Statements, leg: Leg): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ found: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM payment_attempts
      WHERE allocation_id = ${leg.id} AND number = ${leg.attempt} AND status = 'reserved') AS found`;
  return row?.found === true;
}
