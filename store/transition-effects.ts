import type { Effects, StoredCommand } from '../domain/process';
import { isFinal, type ProcessState, type RecordTransitionInput } from '../domain/refund';
import type { Db } from './client';
import { writeDeskItems } from './desk-items';
import { writeMessages } from './outgoing';
import {
  changeLegs,
  changeLines,
  releaseReservations,
  settleLeg,
  settleLines,
  shrinkReservations,
} from './reservations';
import { applyStageChanges, openRound, skipPendingStages } from './stages';
import type { LockedRefund } from './transition-load';

/** Writes everything of a transition but its row, its state, its audit and its webhooks, in the order that the constraints need. */
export async function writeEffects(
  tx: Db,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  state: ProcessState,
  effects: Effects,
): Promise<void> {
  const at = new Date(input.at);
  const { transition } = input;
  if (effects.newRound) await openRound(tx, refund.id, refund.plan, effects.newRound.round);
  await applyStageChanges(tx, refund.id, effects.stages);
  if (isFinal(state.status)) await skipPendingStages(tx, refund.id);
  if (effects.legAmounts) await changeLegs(tx, refund.id, effects.legAmounts, at);
  if (effects.legAmounts && effects.shrinkReservations) await shrinkReservations(tx, refund.id, at);
  if (effects.lines) await changeLines(tx, refund.id, effects.lines);
  for (const attempt of effects.attempts) await settleLeg(tx, attempt, at);
  if (state.status === 'paid' && effects.release) await settleLines(tx, refund.id);
  if (effects.release) await releaseReservations(tx, refund.id, at);
  if (transition.kind === 'information' && command) await writeAnswer(tx, refund.id, command.body);
  if (transition.kind === 'provider_event')
    await tx.providerEvent.updateMany({
      where: { id: transition.providerEventId },
      data: { status: 'consumed', consumedAt: at, refundId: refund.id },
    });
  await writeMessages(tx, refund, state.seq, effects.messages, at);
  await writeDeskItems(tx, refund, effects.deskOpen, effects.deskResolve, at);
}

/** What the answer put in place of the request's own words and proof. */
async function writeAnswer(tx: Db, refundId: string, body: Record<string, unknown>): Promise<void> {
  const { description, evidenceIds } = body as { description?: string; evidenceIds?: string[] };
  if (description !== undefined) await tx.refund.updateMany({ where: { id: refundId }, data: { description } });
  if (evidenceIds && evidenceIds.length > 0)
    await tx.evidence.updateMany({ where: { id: { in: evidenceIds }, refundId: null }, data: { refundId } });
}
