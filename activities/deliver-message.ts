import { CrmPermanentError, CrmTransientError } from '../integrations/crm';
import { MessagePermanentError, MessageTransientError } from '../integrations/messaging';
import { CALLS_TO_ACT, CALLS_TO_DECIDE, type MessageKind } from '../domain/refund';
import {
  buryMessage,
  handedOnTo,
  handOnCalls,
  readLetterFacts,
  recipientReachableFrom,
  retryMessage,
  writeCrmLink,
  type ClaimedMessage,
  type LetterFacts,
  type LetterRecipient,
  type MessageToDeliver,
} from '../store';
import { MAX_MESSAGE_ATTEMPTS, messageRetryAt } from './back-off';
import { composeLetter, localeOf } from './compose-letter';
import { decisionLinkFor } from './decision-link';
import type { ActivityDeps } from './deps';

export type DeliverDeps = Pick<ActivityDeps, 'db' | 'email' | 'crm' | 'letters' | 'clock' | 'logger' | 'metrics'>;

/** What became of one attempt to deliver. `dead` and `retry` stand in the message's row already. */
export type Delivered =
  | { outcome: 'sent' | 'dead' }
  | { outcome: 'skipped'; reason: string }
  | { outcome: 'retry'; code: string; dueAtIso: string };

/**
 * Delivers one claimed message. Refusals for good and the last of the attempts end as `dead` with a desk item; nothing
 * but the database's own errors is thrown. What is `sent` or `skipped` is for the caller to settle, many at a time.
 * @param nowIso the instant that stands in the records: the refund's own time when its workflow asks
 */
export async function deliverMessage(deps: DeliverDeps, item: MessageToDeliver, nowIso: string): Promise<Delivered> {
  const { channel } = item.message;
  const delivered = channel === 'crm' ? await syncOne(deps, item, nowIso) : await mailOne(deps, item, nowIso);
  deps.metrics.messages.inc({ channel, status: delivered.outcome });
  return delivered;
}

async function mailOne(deps: DeliverDeps, item: MessageToDeliver, nowIso: string): Promise<Delivered> {
  const { message, facts, recipients, messageToCustomer } = item;
  if (isOvertaken(message, facts)) return { outcome: 'skipped', reason: 'overtaken' };
  if (recipients.length === 0) return { outcome: 'skipped', reason: 'nobody_to_tell' };
  const reachable = recipients.flatMap((recipient) =>
    recipient.email === null ? [] : [{ ...recipient, email: recipient.email }],
  );
  if (reachable.length === 0) return bury(deps, message, 'no_address', nowIso, 'no_address');
  const atWork = await withoutThoseAway(deps, message, reachable, nowIso);
  if (!Array.isArray(atWork)) return atWork;
  if (atWork.length === 0) return { outcome: 'skipped', reason: 'in_working_hours' };
  const letter = message as ClaimedMessage & { kind: MessageKind };
  let refused: string | null = null;
  let taken = 0;
  for (const recipient of atWork) {
    try {
      const link = await decisionLinkFor(deps, message, recipient);
      await deps.email.send(composeLetter(letter, facts, recipient, { messageToCustomer, link }, deps.letters, nowIso));
      taken += 1;
    } catch (error) {
      if (error instanceof MessagePermanentError) refused = error.code;
      else if (error instanceof MessageTransientError) return tryAgainLater(deps, message, error.code, nowIso);
      else throw error;
    }
  }
  // A letter to several is settled when somebody took it; who refused is in the log.
  if (refused !== null) deps.logger.warn({ messageId: message.id, code: refused }, 'A letter was refused.');
  return taken > 0 ? { outcome: 'sent' } : bury(deps, message, refused ?? 'refused', nowIso);
}

/**
 * Those that a call reaches now. A call to a role is handed on to each who does not work now, before it is sent to the others:
 * a crash between the two loses nothing, and the attempt after it hands nothing on twice. A call to one person is put off.
 */
async function withoutThoseAway<One extends LetterRecipient>(
  { db }: DeliverDeps,
  message: ClaimedMessage,
  recipients: One[],
  nowIso: string,
): Promise<One[] | Delivered> {
  if (!CALLS_TO_ACT.includes(message.kind)) return recipients;
  const away = recipients.flatMap((one) => {
    const dueAt = recipientReachableFrom(one, nowIso);
    return dueAt === null ? [] : [{ personId: one.id, dueAt }];
  });
  const [first] = away;
  if (first && message.recipient.startsWith('person:')) {
    const dueAtIso = first.dueAt;
    await retryMessage(db, message.id, { dueAtIso, error: 'outside_working_hours' });
    return { outcome: 'retry', code: 'outside_working_hours', dueAtIso };
  }
  const isRole = message.recipient.startsWith('role:');
  const handedOn = isRole && message.attempts > 1 ? await handedOnTo(db, message) : new Set<string>();
  const further = away.filter(({ personId }) => !handedOn.has(personId));
  if (further.length > 0) await handOnCalls(db, message, further, nowIso);
  return recipients.filter(({ id }) => !handedOn.has(id) && !away.some(({ personId }) => personId === id));
}

/**
 * A call to do what is done already would be untrue by the time it is read. One letter may tell of several items of the desk,
 * so it is sent while any of them is open.
 */
function isOvertaken({ kind, data }: ClaimedMessage, facts: LetterFacts): boolean {
  if (CALLS_TO_DECIDE.includes(kind)) return !(facts.status === 'in_review' && facts.waitingStage === data['stage']);
  if (kind === 'first_response_due') return facts.hasResponse || facts.status !== 'in_review';
  if (kind === 'correction_requested') return !facts.hasOpenCorrection;
  return kind === 'desk_item_overdue' && !facts.hasOverdueItem;
}

/** Two writers of one refund can meet when a lease has run out under a slow one: how often the later looks again. */
const MAX_ROUNDS = 3;

/** Writes the refund as it stands now, not as it stood then: what the CRM knows never goes back. */
async function syncOne(deps: DeliverDeps, { message, facts }: MessageToDeliver, nowIso: string): Promise<Delivered> {
  const { db, crm } = deps;
  if (!crm) return { outcome: 'skipped', reason: 'no_crm' };
  if (facts.syncedSeq > 0 && facts.syncedSeq >= message.transitionSeq)
    return { outcome: 'skipped', reason: 'overtaken' };
  try {
    let current: LetterFacts | null = facts;
    for (let round = 0; current && round < MAX_ROUNDS; round += 1) {
      const { recordId } = await crm.upsertRefundCase(caseOf(current));
      const link = {
        refundId: current.refundId,
        mode: current.mode,
        crm: crm.crm,
        recordId,
        syncedSeq: current.transitionSeq,
      };
      if (await writeCrmLink(db, link, nowIso)) break;
      current = await readLetterFacts(db, message.refundId);
    }
  } catch (error) {
    if (error instanceof CrmPermanentError) return bury(deps, message, error.code, nowIso);
    if (error instanceof CrmTransientError) return tryAgainLater(deps, message, error.code, nowIso, error.retryAfterMs);
    throw error;
  }
  return { outcome: 'sent' };
}

function caseOf(facts: LetterFacts): Parameters<NonNullable<ActivityDeps['crm']>['upsertRefundCase']>[0] {
  const stage = facts.plan.stages.find((candidate) => candidate.id === facts.waitingStage);
  const { externalId, name, email, phone } = facts.customer;
  return {
    refundId: facts.refundId,
    orderExternalId: facts.orderExternalId,
    status: facts.status,
    stage: stage?.label[localeOf(facts.customer.locale)] ?? null,
    amountMinor: facts.approvedAmountMinor ?? facts.amountMinor,
    currency: facts.currency,
    reasonCode: facts.reasonCode,
    requestedAt: facts.createdAt,
    dueAt: facts.dueAt,
    updatedAt: facts.updatedAt,
    url: null,
    customer: { externalId, name, email, phone },
  };
}

async function bury(
  deps: DeliverDeps,
  message: ClaimedMessage,
  code: string,
  nowIso: string,
  deskKey?: string,
): Promise<Delivered> {
  await buryMessage(deps.db, message, code, nowIso, deskKey);
  deps.logger.error({ messageId: message.id, kind: message.kind, code }, 'A message was given up; the desk has it.');
  return { outcome: 'dead' };
}

/** Gives a message back for a later attempt, or up when there were enough. */
export async function tryAgainLater(
  deps: DeliverDeps,
  message: ClaimedMessage,
  code: string,
  nowIso: string,
  atLeastMs = 0,
): Promise<Delivered> {
  if (message.attempts >= MAX_MESSAGE_ATTEMPTS) return bury(deps, message, code, nowIso);
  const dueAtIso = messageRetryAt(deps.clock(), message.attempts, atLeastMs);
  await retryMessage(deps.db, message.id, { dueAtIso, error: code });
  return { outcome: 'retry', code, dueAtIso };
}
