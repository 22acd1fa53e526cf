import type { PublicEvent } from '../domain/process';
import { publicRefund, type MessageToSend, type ProcessState } from '../domain/refund';
import { Prisma } from './generated/prisma/client';
import { asJson, type Fragment } from './rows';
import { newId } from './new-id';
import { readRefund, type StoredRefund } from './refund-views';
import type { Statements } from './statements';

/** An enabled endpoint of a mode. */
export interface Subscriber {
  id: string;
  events: string[];
}

interface Sender {
  id: string;
  mode: 'live' | 'test';
  /** Language of the customer; members of staff are written to in their own. */
  customerLocale: string;
}

/** What is to be told, each kind once per transition, recipient and channel, or once a refund: a part of a larger statement. */
export function insertMessages(refund: Sender, seq: number, messages: MessageToSend[], atIso: string): Fragment {
  const rows = messages.map((message) => ({
    id: newId('ms'),
    kind: message.kind,
    channel: message.channel,
    audience: message.recipient === 'customer' ? 'customer' : message.channel === 'crm' ? 'crm' : 'staff',
    recipient: message.recipient,
    data: message.data,
    owner: message.owner,
    once: message.once ?? false,
  }));
  return Prisma.sql`
    INSERT INTO messages (id, mode, refund_id, transition_seq, kind, channel, audience, recipient, locale, data, owner,
      due_at, created_at)
    SELECT x.id, ${refund.mode}::"Mode", ${refund.id}, ${seq}::int, x.kind, x.channel, x.audience, x.recipient,
      ${refund.customerLocale}, x.data, x.owner, ${atIso}::timestamptz, ${atIso}::timestamptz
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(id text, kind text, channel text, audience text, recipient text,
      data jsonb, owner text, once boolean)
    WHERE NOT (x.once AND EXISTS (
      SELECT 1 FROM messages o WHERE o.refund_id = ${refund.id} AND o.kind = x.kind AND o.recipient = x.recipient))
    ON CONFLICT DO NOTHING`;
}

/**
 * Writes a delivery for every endpoint that wants one of the events. The payload is the integrator's view as it stands
 * in this transaction; call it after the projection was written.
 */
export async function writeWebhooks(
  tx: Statements,
  refund: Sender,
  state: ProcessState,
  events: PublicEvent[],
  subscribers: Subscriber[],
  at: Date,
): Promise<void> {
  if (!wantedBy(subscribers, events)) return;
  const record = await readRefund(tx, refund.mode, refund.id);
  if (!record) throw new Error(`The refund ${refund.id} cannot be read in its own transaction.`);
  await tx.$executeRaw(insertWebhooks(record, state.seq, events, subscribers, at));
}

/** Whether any endpoint wants any of the events. */
export const wantedBy = (subscribers: Subscriber[], events: PublicEvent[]): boolean =>
  subscribers.some((endpoint) => events.some((event) => endpoint.events.includes(event)));

/** A delivery for every endpoint that wants one of the events, of the record as it is written: a part of a larger statement. */
export function insertWebhooks(
  record: StoredRefund,
  seq: number,
  events: PublicEvent[],
  subscribers: Subscriber[],
  at: Date,
): Fragment {
  const data = publicRefund(record);
  const rows = subscribers.flatMap((endpoint) =>
    events
      .filter((event) => endpoint.events.includes(event))
      .map((event) => ({
        id: newId('wd'),
        endpointId: endpoint.id,
        event,
        payload: { type: event, timestamp: at.toISOString(), data },
      })),
  );
  return Prisma.sql`
    INSERT INTO webhook_deliveries (id, mode, endpoint_id, refund_id, transition_seq, event, payload, due_at, created_at)
    SELECT x.id, ${record.mode}::"Mode", x."endpointId", ${record.id}, ${seq}::int, x.event, x.payload, ${at}::timestamptz,
      ${at}::timestamptz
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(id text, "endpointId" text, event text, payload jsonb)
    ON CONFLICT DO NOTHING`;
}
