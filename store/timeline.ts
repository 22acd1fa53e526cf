import { refundStream } from './audit';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';

/** One thing that happened to a refund, as its chain tells it, with what is kept beside the chain. */
export interface TimelineEvent {
  /** Given out by the database: transitions, refusals, letters and readings alike. */
  seq: number;
  at: string;
  type: string;
  actor: { kind: string; id: string | null; name: string | null; onBehalfOf: string | null };
  data: Record<string, unknown>;
}

/** Events of one refund after `afterSeq`, oldest first. */
export async function readTimeline(
  db: Db,
  refundId: string,
  page: { limit: number; afterSeq: number },
): Promise<{ events: TimelineEvent[]; nextSeq: number | null }> {
  const rows = await db.auditEvent.findMany({
    where: { stream: refundStream(refundId), seq: { gt: page.afterSeq } },
    orderBy: { seq: 'asc' },
    take: page.limit + 1,
  });
  const shown = rows.slice(0, page.limit);
  const texts = (key: string): string[] =>
    shown.map((row) => (row.data as Record<string, unknown>)[key]).filter((value) => typeof value === 'string');
  const personIds = shown.flatMap((row) => [row.actorId, row.onBehalfOf]).filter((id): id is string => id !== null);
  const [people, keys, decisions, messages, commands] = await Promise.all([
    db.person.findMany({ where: { id: { in: personIds } }, select: { id: true, name: true } }),
    db.apiKey.findMany({ where: { id: { in: personIds } }, select: { id: true, name: true } }),
    db.decision.findMany({ where: { refundId, commandId: { in: texts('commandId') } } }),
    db.message.findMany({ where: { refundId, id: { in: texts('messageId') } } }),
    db.command.findMany({ where: { refundId, id: { in: texts('commandId') } }, select: { id: true, body: true } }),
  ]);
  const names = new Map([...keys, ...people].map((named) => [named.id, named.name]));
  const decisionOf = new Map(decisions.map((decision) => [decision.commandId, decision]));
  const wordsOf = new Map(commands.map((command) => [command.id, wordsIn(command.body)]));
  const messageOf = new Map(messages.map((message) => [message.id, message]));
  return {
    events: shown.map((row) => {
      const data = row.data as Record<string, unknown>;
      const decision = decisionOf.get(String(data['commandId']));
      const message = messageOf.get(String(data['messageId']));
      return {
        seq: row.seq,
        at: toIso(row.at),
        type: row.type,
        actor: {
          kind: row.actorKind,
          id: row.actorId,
          name: (row.actorId !== null && names.get(row.actorId)) || null,
          onBehalfOf: row.onBehalfOf,
        },
        data: {
          ...data,
          ...wordsOf.get(String(data['commandId'])),
          ...(decision && {
            stage: decision.stageId,
            decision: decision.decision,
            reason: decision.reason,
            messageToCustomer: decision.messageToCustomer,
            approvedAmountMinor: decision.approvedAmountMinor === null ? null : toMinor(decision.approvedAmountMinor),
          }),
          ...(message && {
            message: {
              kind: message.kind,
              channel: message.channel,
              audience: message.audience,
              recipient: message.recipient,
              status: message.status,
              sentAt: toIsoOrNull(message.sentAt),
            },
          }),
        },
      };
    }),
    nextSeq: rows.length > page.limit ? (shown.at(-1)?.seq ?? null) : null,
  };
}

/** What whoever stated a command wrote with it; the command's row can be erased, the chain cannot. */
function wordsIn(body: unknown): { reason?: string; note?: string; statement?: string } {
  const { reason, note, statement } = (body ?? {}) as Record<string, unknown>;
  return {
    ...(typeof reason === 'string' && { reason }),
    ...(typeof note === 'string' && { note }),
    ...(typeof statement === 'string' && { statement }),
  };
}
