import {
  commandMismatch,
  type AnsweredRequest,
  type DeskFacts,
  type Effects,
  type LegToPay,
  type StoredCommand,
  type TransitionOutcome,
} from '../domain/process';
import type { Candidate, DecisionFacts, OnBehalf } from '../domain/approval';
import type { BusinessCalendar } from '../domain/calendar';
import {
  orderChangedId,
  restsOnOrder,
  waitingForOf,
  type ExcludedPerson,
  type Plan,
  type ProcessState,
  type RecordedTransition,
  type RecordTransitionInput,
  type Refusal,
  type Transition,
} from '../domain/refund';
import { readDeskFacts } from './desk-facts';
import { chainEntries, insertAudit, refundStream, type AuditEntry, type AuditHead, type ChainedRow } from './audit';
import { isToBeReplanned, settleReplan } from './calendar-replans';
import { inTransaction, type Database } from './client';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { loadForTransition, lockRefund, receivedAt, type LockedRefund } from './transition-load';
import { readProviderSighting } from './provider-sightings';
import { writeWebhooks, type Subscriber } from './outgoing';
import { asJson, sideBySide, type Fragment } from './rows';
import { snapshotHashOf } from './snapshots';
import type { Statements } from './statements';
import { courseFragments, writeMoney } from './transition-effects';

/** What the domain needs to judge a transition, read under the refund's row lock. */
export interface LoadedTransition {
  state: ProcessState;
  plan: Plan;
  calendar: BusinessCalendar;
  /** Of the stages that name their own, by id. */
  stageCalendars: Record<string, BusinessCalendar>;
  legs: LegToPay[];
  receivedAt: string | null;
  /** Who has decided the refund before; read for appeals. */
  deciders: { personId: string; at: string }[];
  /** Owner and creator of the key that an appeal was entered with. */
  behindKey: ExcludedPerson[];
  candidates: Candidate[];
  /** Who stands in for whom; read for decisions and appeals. */
  facts: DecisionFacts | null;
  /** Who may want to hear of it: the enabled endpoints of its mode. */
  subscribers: Subscriber[];
  answered: AnsweredRequest | null;
  sighted: Awaited<ReturnType<typeof readProviderSighting>>;
  desk: DeskFacts | null;
}

/** What replaces facts of the snapshot. */
interface SnapshotChanges {
  answered: AnsweredRequest | null;
  /** The order as it is now; null: as it was. */
  orderNow: Record<string, unknown> | null;
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
 * 5. Nobody decides on an order that has changed since the snapshot: that is recorded first, at this seq, and adopted as in 1;
 *    the decision is judged again behind it.
 * 6. A seq beyond the next one is a HistoryConflictError: a reset workflow must not rewrite what was recorded.
 *
 * @param apply the domain's judgement, pure.
 * @throws NotAcceptedError, HistoryConflictError; database errors pass through and may be retried.
 */
export async function recordTransition(
  db: Database,
  input: RecordTransitionInput,
  apply: (loaded: LoadedTransition, transition: Transition) => TransitionOutcome,
): Promise<RecordedTransition> {
  return await inTransaction(db, async (tx) => {
    const refund = await lockRefund(tx, input.refundId);
    if (!refund) throw new NotAcceptedError(`No accepted refund ${input.refundId}.`);
    if (refund.planHash !== input.planHash)
      throw new NotAcceptedError(`The workflow of ${input.refundId} follows another plan than the accepted one.`);
    const { recorded, command, answered, subscribers, loaded, orderNow } = await loadForTransition(tx, refund, input);
    if (recorded) return { transitionId: recorded.transitionId, refused: null, state: recorded.state };
    if (refund.state.seq !== input.seq - 1)
      throw new HistoryConflictError(
        `Transition ${input.seq} of ${input.refundId} was asked for while ${refund.state.seq} is the last one recorded.`,
      );
    const earlier = earlierRefusal(command);
    if (earlier) return { transitionId: input.transition.id, refused: earlier, state: refund.state };
    // Told once too often: the order is what the snapshot says of it, or says nothing of.
    if (input.transition.kind === 'order_changed' && !orderNow)
      return { transitionId: input.transition.id, refused: { code: 'nothing_awaited', data: {} }, state: refund.state };
    const mismatch =
      commandMismatch(input.transition, command, refund.id, input.at) ?? (await replanMismatch(tx, refund.id, input));
    if (input.transition.kind === 'decision' && orderNow && !mismatch && restsOnOrder(refund.state)) {
      const transition: Transition = { id: orderChangedId(refund.state.snapshotVersion), kind: 'order_changed' };
      const first = apply({ ...loaded, subscribers, answered: null, sighted: null, desk: null }, transition);
      if (first.refused) throw new Error(`The changed order of ${refund.id} was not taken in: ${first.refused.code}.`);
      await writeTransition(
        tx,
        refund,
        { ...input, transition },
        null,
        { answered: null, orderNow },
        subscribers,
        first,
      );
      return { transitionId: transition.id, refused: null, state: first.state };
    }
    const outcome: TransitionOutcome = mismatch
      ? { refused: { code: 'command_invalid', data: { why: mismatch } }, state: refund.state }
      : apply(
          {
            ...loaded,
            subscribers,
            answered,
            sighted:
              input.transition.kind === 'provider_event'
                ? await readProviderSighting(tx, refund.id, input.transition.providerEventId)
                : null,
            desk:
              input.transition.kind === 'desk_action'
                ? await readDeskFacts(tx, refund, refund.state, input.transition.action, input.at)
                : null,
          },
          input.transition,
        );
    if (outcome.refused) {
      await writeRefusal(tx, refund, input, command, outcome.refused, mismatch === null);
      return { transitionId: input.transition.id, refused: outcome.refused, state: refund.state };
    }
    const changes = { answered, orderNow: input.transition.kind === 'order_changed' ? orderNow : null };
    await writeTransition(tx, refund, input, command, changes, subscribers, outcome);
    return { transitionId: input.transition.id, refused: null, state: outcome.state };
  });
}

/** A message that was typed into a console stands for nothing that anybody has asked for. */
async function replanMismatch(
  tx: Statements,
  refundId: string,
  { transition }: RecordTransitionInput,
): Promise<string | null> {
  if (transition.kind !== 'replan') return null;
  return (await isToBeReplanned(tx, refundId, transition.replanId)) ? null : 'missing';
}

function earlierRefusal(command: (StoredCommand & { refusalCode: string | null }) | null): Refusal | null {
  return command?.outcome === 'refused' && command.refusalCode
    ? { code: command.refusalCode as Refusal['code'], data: {} }
    : null;
}

function actorOf({ transition }: RecordTransitionInput, onBehalfOf: OnBehalf | null): AuditEntry['actor'] {
  if (!('actor' in transition)) return { kind: 'machine', id: null };
  const { actor } = transition;
  return { kind: actor.kind, id: actor.personId ?? actor.id, onBehalfOf: onBehalfOf?.personId ?? null };
}

async function writeRefusal(
  tx: Statements,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  refused: Refusal,
  isOwn: boolean,
): Promise<void> {
  const { transition } = input;
  const { rows, head } = chain(refund, input.at, actorOf(input, null), [
    {
      type: 'refund.command_refused',
      data: { kind: transition.kind, transitionId: transition.id, code: refused.code, ...refused.data },
    },
  ]);
  await tx.$executeRaw(
    sideBySide([
      insertAudit(rows),
      Prisma.sql`UPDATE refunds SET audit_seq = ${head.seq}::int, audit_head = ${head.head} WHERE id = ${refund.id}`,
    ]),
  );
  if (transition.kind === 'provider_event')
    await tx.$executeRaw`UPDATE provider_events SET status = 'unmatched' WHERE id = ${transition.providerEventId}`;
  if (transition.kind === 'replan' && isOwn)
    await settleReplan(tx, { refundId: refund.id, replanId: transition.replanId }, refused.code, input.at);
  if (command && isOwn)
    await tx.$executeRaw`
      UPDATE commands SET outcome = 'refused', refusal_code = ${refused.code}
      WHERE id = ${command.id} AND outcome = 'open'`;
}

async function writeTransition(
  tx: Statements,
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  changes: SnapshotChanges,
  subscribers: Subscriber[],
  outcome: Extract<TransitionOutcome, { refused: null }>,
): Promise<void> {
  const { state, effects } = outcome;
  const snapshot = snapshotAfter(refund, state, effects, command, changes.orderNow);
  const bound = input.transition.kind === 'decision' ? { snapshotHash: snapshotHashOf(snapshot) } : null;
  const chained = chain(
    refund,
    input.at,
    actorOf(input, effects.onBehalfOf),
    effects.audit.map((note) => ({ type: note.type, data: { seq: state.seq, ...note.data, ...bound } })),
  );
  const moneyLast = await writeMoney(tx, refund, input, command, state, effects);
  const { ending, opening } = courseFragments(refund, state, effects, input.at);
  const first = [insertTransition(refund, input, changes, state), ...ending, insertAudit(chained.rows)];
  if (command) first.push(useUp(command, state.seq), ...insertDecision(refund, input, command, state, effects, bound));
  const second = [...opening, project(refund, input, command, state, effects, snapshot, chained.head)];
  await Promise.all([
    ...moneyLast.map((write) => write()),
    tx.$executeRaw(sideBySide(first)),
    tx.$executeRaw(sideBySide(second)),
  ]);
  await writeWebhooks(tx, refund, state, effects.events, subscribers, new Date(input.at));
}

const insertTransition = (
  refund: LockedRefund,
  { transition, at }: RecordTransitionInput,
  { answered, orderNow }: SnapshotChanges,
  state: ProcessState,
): Fragment => Prisma.sql`
  INSERT INTO transitions (refund_id, mode, seq, transition_id, kind, input, result, at)
  VALUES (${refund.id}, ${refund.mode}::"Mode", ${state.seq}::int, ${transition.id}, ${transition.kind},
    ${asJson({ ...transition, ...(answered?.changed || orderNow ? { before: refund.snapshot } : {}) })}::jsonb, ${asJson(state)}::jsonb,
    ${at}::timestamptz)`;

const useUp = (command: StoredCommand, seq: number): Fragment =>
  Prisma.sql`UPDATE commands SET outcome = 'done', transition_seq = ${seq}::int WHERE id = ${command.id}`;

/** The projection that lists and pages read; nothing but acceptance and this writes it. */
function project(
  refund: LockedRefund,
  input: RecordTransitionInput,
  command: StoredCommand | null,
  state: ProcessState,
  effects: Effects,
  snapshot: object,
  audit: AuditHead,
): Fragment {
  const waiting = waitingForOf(state);
  const receivedIso = input.transition.kind === 'receipt' ? receivedAt(command, input.at) : null;
  const respondedIso = state.responded && !refund.responded ? input.at : null;
  return Prisma.sql`
    UPDATE refunds SET status = ${state.status}, amount_minor = ${state.amountMinor}::bigint,
      approved_amount_minor = ${state.approvedAmountMinor}::bigint, paid_amount_minor = ${paidAmount(state)}::bigint,
      snapshot_version = ${state.snapshotVersion}::int,
      amounts = COALESCE(${effects.amounts && asJson(effects.amounts)}::jsonb, amounts),
      snapshot = ${asJson(snapshot)}::jsonb, process = ${asJson(state)}::jsonb,
      waiting_kind = ${waiting?.kind ?? null}, waiting_stage = ${waiting?.stage ?? null}, waiting_who = ${waiting?.who ?? null},
      due_at = ${waiting?.dueAt ?? null}::timestamptz, transition_seq = ${state.seq}::int, audit_seq = ${audit.seq}::int,
      audit_head = ${audit.head}, first_responded_at = COALESCE(first_responded_at, ${respondedIso}::timestamptz),
      arrival_from = COALESCE(${effects.arrival?.from ?? null}::timestamptz, ${kept(effects, 'arrival_from')}),
      arrival_to = COALESCE(${effects.arrival?.to ?? null}::timestamptz, ${kept(effects, 'arrival_to')}),
      arrival_confirmed_at = COALESCE(${receivedIso}::timestamptz, ${kept(effects, 'arrival_confirmed_at')}), updated_at = ${input.at}::timestamptz
    WHERE id = ${refund.id}`;
}

/** What was known of the arrival; money that came back has not arrived, nor has what is only promised now. */
const kept = (effects: Effects, column: 'arrival_from' | 'arrival_to' | 'arrival_confirmed_at'): Fragment => {
  const isVoid = effects.reopened || (column === 'arrival_confirmed_at' && effects.arrival !== null);
  return isVoid ? Prisma.sql`NULL` : Prisma.raw(column);
};

/** What decisions are bound to from now on. */
function snapshotAfter(
  refund: LockedRefund,
  state: ProcessState,
  effects: Effects,
  command: StoredCommand | null,
  orderNow: SnapshotChanges['orderNow'],
): object {
  const evidenceIds =
    ((command?.kind === 'inform' || command?.kind === 'appeal') &&
      (command.body['evidenceIds'] as string[] | undefined)) ||
    [];
  const known = (refund.snapshot['evidenceIds'] as string[] | undefined) ?? [];
  return {
    ...refund.snapshot,
    version: state.snapshotVersion,
    amountMinor: state.approvedAmountMinor ?? state.amountMinor,
    allocation: state.legs.map((leg) => ({ paymentId: leg.paymentId, amountMinor: leg.amountMinor })),
    ...(effects.amounts ? { shippingMinor: effects.amounts.shippingMinor } : {}),
    ...(effects.lines
      ? {
          lines: effects.lines
            .filter((line) => line.quantity > 0)
            .map(({ lineId, quantity }) => ({ lineId, quantity })),
        }
      : {}),
    evidenceIds: [...new Set([...known, ...evidenceIds])],
    ...(orderNow ? { order: orderNow } : {}),
  };
}

/** Of the refund's amount; goodwill is beside it. */
const paidAmount = (state: ProcessState): number =>
  state.legs.reduce(
    (sum, leg) => sum + (leg.status === 'succeeded' && leg.fund === undefined ? leg.amountMinor : 0),
    0,
  );

function insertDecision(
  refund: LockedRefund,
  { transition, at }: RecordTransitionInput,
  command: StoredCommand,
  state: ProcessState,
  { onBehalfOf }: Effects,
  bound: { snapshotHash: string } | null,
): Fragment[] {
  if (transition.kind !== 'decision' || !command.personId || !bound) return [];
  const { content } = transition;
  const { reason, messageToCustomer } = command.body as { reason?: string; messageToCustomer?: string };
  return [
    Prisma.sql`
      INSERT INTO decisions (id, mode, refund_id, round, stage_id, decision, person_id, command_id, snapshot_version, snapshot_hash,
        approved_amount_minor, reason, message_to_customer, on_behalf_of, delegation_id, transition_seq, decided_at)
      VALUES (${newId('dc')}, ${refund.mode}::"Mode", ${refund.id}, ${refund.state.round}::int, ${content.stage}, ${content.decision},
        ${command.personId}, ${command.id}, ${content.snapshotVersion}::int, ${bound.snapshotHash}, ${content.approvedAmountMinor}::bigint,
        ${reason ?? null}, ${messageToCustomer ?? null}, ${onBehalfOf?.personId ?? null}, ${onBehalfOf?.delegationId ?? null}, ${state.seq}::int, ${at}::timestamptz)`,
  ];
}

const chain = (
  refund: LockedRefund,
  at: string,
  actor: AuditEntry['actor'],
  notes: { type: string; data: Record<string, unknown> }[],
): { rows: ChainedRow[]; head: AuditHead } =>
  chainEntries(
    { name: refundStream(refund.id), mode: refund.mode, refundId: refund.id },
    { seq: refund.auditSeq, head: refund.auditHead },
    at,
    notes.map((note) => ({ ...note, actor })),
  );
