import type { PublicEvent } from '../domain/process';
import { publicRefund, type MessageToSend, type ProcessState } from '../domain/refund';
import type { Db } from './client';
import { newId } from './new-id';
import { readRefund } from './refund-views';

interface Sender {
  id: string;
  mode: 'live' | 'test';
  /** Language of the customer; members of staff are written to in their own. */
  customerLocale: string;
}

/** Writes what is to be told, each kind once per transition, recipient and channel. */
export async function writeMessages(
  tx: Db,
  refund: Sender,
  seq: number,
  messages: MessageToSend[],
  at: Date,
): Promise<void> {
  if (messages.length === 0) return;
  await tx.message.createMany({
    data: messages.map((message) => ({
      id: newId('ms'),
      mode: refund.mode,
      refundId: refund.id,
      transitionSeq: seq,
      kind: message.kind,
      channel: message.channel,
      audience: message.recipient === 'customer' ? 'customer' : message.channel === 'crm' ? 'crm' : 'staff',
      recipient: message.recipient,
      locale: refund.customerLocale,
      data: message.data,
      owner: message.owner,
      dueAt: at,
      createdAt: at,
    })),
    skipDuplicates: true,
  });
}

/**
 * Writes a delivery for every endpoint that wants one of the events. The payload is the integrator's view as it stands
 * in this transaction; call it after the projection was written.
 */
export async function writeWebhooks(
  tx: Db,
  refund: Sender,
  state: ProcessState,
  events: PublicEvent[],
  at: Date,
): Promise<void> {
  if (events.length === 0) return;
  const endpoints = await tx.webhookEndpoint.findMany({
    where: { mode: refund.mode, status: 'enabled', events: { hasSome: events } },
    select: { id: true, events: true },
  });
  if (endpoints.length === 0) return;
  const record = await readRefund(tx, refund.mode, refund.id);
  if (!record) throw new Error(`The refund ${refund.id} cannot be read in its own transaction.`);
  const data = publicRefund(record);
  await tx.webhookDelivery.createMany({
    data: endpoints.flatMap((endpoint) =>
      events
        .filter((event) => endpoint.events.includes(event))
        .map((event) => ({
          id: newId('wd'),
          mode: refund.mode,
          endpointId: endpoint.id,
          refundId: refund.id,
          transitionSeq: state.seq,
          event,
          payload: { type: event, timestamp: at.toISOString(), data } as object,
          dueAt: at,
          createdAt: at,
        })),
    ),
    skipDuplicates: true,
  });
}
