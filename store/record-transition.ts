import {
  commandMismatch,
  type AnsweredRequest,
  type Effects,
  type LegToPay,
  type StoredCommand,
  type TransitionOutcome,
} from '../domain/process';
import type { Candidate } from '../domain/approval';
import type { BusinessCalendar } from '../domain/calendar';
import {
  isFinal,
  waitingForOf,
  type Plan,
  type ProcessState,
  type RecordedTransition,
  type RecordTransitionInput,
  type Refusal,
} from '../domain/refund';
import { chainEntries, refundStream, type AuditEntry } from './audit';
import { type Database, type Db } from './client';
import { newId } from './new-id';
import { loadForTransition, lockRefund, type LockedRefund } from './transition-load';
import { readProviderSighting } from './provider-sightings';
import { writeWebhooks } from './outgoing';
import { writeEffects } from './transition-effects';

/** What the domain needs to judge a transition, read under the refund's row lock. */
export interface LoadedTransition {
  state: ProcessState;
  plan: Plan;
  calendar: BusinessCalendar;
  legs: LegToPay[];
  candidates: Candidate[];
  answered: AnsweredRequest | null;
  sighted: Awaited<ReturnType<typeof readProviderSighting>>;
}

/** The workflow and Postgres cannot both be right: a person must look. */
export class HistoryConflictError extends Error {
  override name = 'HistoryConflictError';
}

/** The workflow does not belong to an accepted refund, or its plan is not the accepted one. */
export class NotAcceptedError extends Error {
  override name = 'NotAcceptedError';
}

/**
 * The record step: one transition, one transaction. The contract:
 * 1. Keyed by transition id and by seq. What stands there already is answered, whatever was asked: a lost workflow task
 *    may have committed another transition at this seq, and the workflow adopts it.
 * 2. Everything is judged again under the refund's row lock; a refusal takes no seq and changes no state.
 * 3. A transition that somebody asked for needs its command row: equal, unused, unexpired. It is used up here.
 * 4. State, stages, decision, money, letters, webhooks, desk items and audit are written together or not at all.
 * 5. A seq beyond the next one is a HistoryConflictError: a reset workflow must not rewrite what was recorded.
 *
 * @param apply the domain's judgement, pure.
 * @throws NotAcceptedError, HistoryConflictError; database errors pass through and may be retried.
 */
export async function recordTransition(
  db: Database,
  input: RecordTransitionInput,
  apply: (loaded: LoadedTransition) => TransitionOutcome,
): Promise<RecordedTransition> {
  return await db.$transaction(async (tx) => {
    const refund = await lockRefund(tx, input.refundId);
    if (!refund) throw new NotAcceptedError(`No accepted refund ${input.refundId}.`);
    if (refund.planHash !== input.planHash)
      throw new NotAcceptedError(`The workflow of ${input.refundId} follows another plan than the accepted one.`);
    const { recorded, command, answered, loaded } = await loadForTransition(tx, refund, input);
    if (recorded) return { transitionId: recorded.transitionId, refused: null, state: recorded.state };
    if (refund.state.seq !== input.seq - 1)
      throw new HistoryConflictError(
        `Transition ${input.seq} of ${input.refundId} was asked for while ${refund.state.seq} is the last one recorded.`,
      );
    const earlier = earlierRefusal(command);
    if (earlier) return { transitionId: input.transition.id, refused: earlier, state: refund.state };
    const mismatch = commandMismatch(input.transition, command, refund.id, input.at);
    const outcome: TransitionOutcome = mismatch
      ? { refused: { code: 'command_invalid', data: { why: mismatch } }, state: refund.state }
      : apply({
          ...loaded,
          answered,
          sighted:
            input.transition.kind === 'provider_event'
              ? await readProviderSighting(tx, refund.id, input.transition.providerEventId)
              : null,
        });
    if (outcome.refused) {
      await writeRefusal(tx, refund, input, command, outcome.refused, mismatch === null);
      return { transitionId: input.transition.id, refused: outcome.refused, state: refund.state };
    }
    await writeTransition(tx, refund, input, command, answered, outcome);
    return { transitionId: input.transition.id, refused: null, state: outcome.state };
  });
}

function earlierRefusal(command: (StoredCommand & { refusalCode: string | null }) | null): Refusal | null {
  return command?.outcome === 'refused' && command.refusalCode
    ? { code: command.refusalCode as Refusal['code'], data: {} }
    : null;
}

function actorOf(input: RecordTransitionInput): AuditEntry['actor'] {
  const { transition } = input;
  if (!('actor' in transition)) return { kind: 'machine', id: null };
  const { actor } = transition;
  return { kind: actor.kind, id: actor.personId ?? actor.id };
}

async function writeRefusal(
  tx: Db,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  refused: Refusal,
  useUp: boolean,
): Promise<void> {
  const { transition } = input;
  await writeAudit(tx, refund, input.at, actorOf(input), [
    {
      type: 'refund.command_refused',
      data: { kind: transition.kind, transitionId: transition.id, code: refused.code, ...refused.data },
    },
  ]);
  if (transition.kind === 'provider_event')
    await tx.providerEvent.updateMany({ where: { id: transition.providerEventId }, data: { status: 'unmatched' } });
  if (command && useUp)
    await tx.command.updateMany({
      where: { id: command.id, outcome: 'open' },
      data: { outcome: 'refused', refusalCode: refused.code },
    });
}

async function writeTransition(
  tx: Db,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  answered: AnsweredRequest | null,
  outcome: Extract<TransitionOutcome, { refused: null }>,
): Promise<void> {
  const { transition } = input;
  const { state, effects } = outcome;
  const at = new Date(input.at);
  await tx.transition.createMany({
    data: {
      refundId: refund.id,
      seq: state.seq,
      transitionId: transition.id,
      kind: transition.kind,
      input: { ...transition, ...(answered?.changed ? { before: refund.snapshot } : {}) } as object,
      result: state as object,
      at,
    },
  });
  if (command)
    await tx.command.updateMany({ where: { id: command.id }, data: { outcome: 'done', transitionSeq: state.seq } });
  if (transition.kind === 'decision' && command) await writeDecision(tx, refund, input, command, state);
  await writeEffects(tx, refund, input, command, state, effects);
  const waiting = waitingForOf(state);
  const audit = await chainAudit(
    tx,
    refund,
    input.at,
    actorOf(input),
    effects.audit.map((note) => ({ type: note.type, data: { seq: state.seq, ...note.data } })),
  );
  await tx.refund.updateMany({
    where: { id: refund.id },
    data: {
      status: state.status,
      amountMinor: BigInt(state.amountMinor),
      approvedAmountMinor: state.approvedAmountMinor === null ? null : BigInt(state.approvedAmountMinor),
      snapshotVersion: state.snapshotVersion,
      snapshot: snapshotAfter(refund, state, effects, command),
      process: state as object,
      waitingKind: waiting?.kind ?? null,
      waitingStage: waiting?.stage ?? null,
      waitingWho: waiting?.who ?? null,
      dueAt: waiting?.dueAt ?? null,
      transitionSeq: state.seq,
      auditSeq: audit.seq,
      auditHead: audit.head,
      ...(state.responded && !refund.responded ? { firstRespondedAt: at } : {}),
      ...(effects.arrival ? { arrivalFrom: effects.arrival.from, arrivalTo: effects.arrival.to } : {}),
      ...(transition.kind === 'receipt' ? { arrivalConfirmedAt: receivedAt(command, input.at) } : {}),
      ...(isFinal(state.status) || state.status === 'paid' ? { paidAmountMinor: paidAmount(state) } : {}),
      updatedAt: at,
    },
  });
  await writeWebhooks(tx, refund, state, effects.events, at);
}

/** What decisions are bound to from now on. */
function snapshotAfter(
  refund: LockedRefund,
  state: ProcessState,
  effects: Effects,
  command: StoredCommand | null,
): object {
  const evidenceIds = (command?.kind === 'inform' && (command.body['evidenceIds'] as string[] | undefined)) || [];
  const known = (refund.snapshot['evidenceIds'] as string[] | undefined) ?? [];
  return {
    ...refund.snapshot,
    version: state.snapshotVersion,
    amountMinor: state.approvedAmountMinor ?? state.amountMinor,
    allocation: state.legs.map((leg) => ({ paymentId: leg.paymentId, amountMinor: leg.amountMinor })),
    ...(effects.lines
      ? {
          lines: effects.lines
            .filter((line) => line.quantity > 0)
            .map(({ lineId, quantity }) => ({ lineId, quantity })),
        }
      : {}),
    evidenceIds: [...new Set([...known, ...evidenceIds])],
  };
}

const paidAmount = (state: ProcessState): bigint =>
  BigInt(state.legs.reduce((sum, leg) => sum + (leg.status === 'succeeded' ? leg.amountMinor : 0), 0));

const receivedAt = (command: StoredCommand | null, at: string): string => {
  const stated = command?.body['arrivedAt'];
  return typeof stated === 'string' ? stated : at;
};

async function writeDecision(
  tx: Db,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand,
  state: ProcessState,
): Promise<void> {
  if (input.transition.kind !== 'decision' || !command.personId) return;
  const { content } = input.transition;
  const { reason, messageToCustomer } = command.body as { reason?: string; messageToCustomer?: string };
  await tx.decision.createMany({
    data: {
      id: newId('dc'),
      refundId: refund.id,
      round: refund.state.round,
      stageId: content.stage,
      decision: content.decision,
      personId: command.personId,
      commandId: command.id,
      snapshotVersion: content.snapshotVersion,
      approvedAmountMinor: content.approvedAmountMinor === null ? null : BigInt(content.approvedAmountMinor),
      reason: reason ?? null,
      messageToCustomer: messageToCustomer ?? null,
      transitionSeq: state.seq,
      decidedAt: new Date(input.at),
    },
  });
}

async function chainAudit(
  tx: Db,
  refund: LockedRefund,
  at: string,
  actor: AuditEntry['actor'],
  notes: { type: string; data: Record<string, unknown> }[],
): Promise<{ seq: number; head: string }> {
  const chained = chainEntries(
    { name: refundStream(refund.id), mode: refund.mode, refundId: refund.id },
    { seq: refund.auditSeq, head: refund.auditHead },
    at,
    notes.map((note) => ({ ...note, actor })),
  );
  if (chained.rows.length > 0) await tx.auditEvent.createMany({ data: chained.rows });
  return chained.head;
}

async function writeAudit(
  tx: Db,
  refund: LockedRefund,
  at: string,
  actor: AuditEntry['actor'],
  notes: { type: string; data: Record<string, unknown> }[],
): Promise<void> {
  const head = await chainAudit(tx, refund, at, actor, notes);
  await tx.refund.updateMany({ where: { id: refund.id }, data: { auditSeq: head.seq, auditHead: head.head } });
}
