import { appendSharedAudit, type AuditEntry } from './audit';
import { toIso, toIsoOrNull, type Database, type Db } from './client';

type Mode = 'live' | 'test';

export interface WebhookEndpointRecord {
  id: string;
  url: string;
  events: string[];
  status: string;
  createdAt: string;
  disabledAt: string | null;
}

export interface WebhookDeliveryRecord {
  id: string;
  event: string;
  refundId: string;
  seq: number;
  status: string;
  attempts: number;
  dueAt: string;
  lastStatus: number | null;
  lastError: string | null;
  deliveredAt: string | null;
  createdAt: string;
}

type Actor = AuditEntry['actor'];

/** Registers an endpoint under a given id; null when as many as allowed are enabled already. */
export async function createWebhookEndpoint(
  db: Database,
  input: {
    id: string;
    mode: Mode;
    url: string;
    events: string[];
    /** whsec_ and base64, as Standard Webhooks writes it. */
    secret: string;
    createdById: string;
    maxEnabled: number;
  },
  actor: Actor,
  now: Date,
): Promise<WebhookEndpointRecord | null> {
  const { maxEnabled, ...fields } = input;
  return db
    .$transaction(async (tx) => {
      // The audit stream's row lock makes the count below hold until the commit.
      await appendSharedAudit(tx, 'configuration', input.mode, now.toISOString(), [
        { type: 'webhook_endpoint_created', actor, data: { endpointId: input.id } },
      ]);
      const enabled = await tx.webhookEndpoint.count({ where: { mode: input.mode, status: 'enabled' } });
      if (enabled >= maxEnabled) throw new TooManyEndpoints();
      return endpointRecord(await tx.webhookEndpoint.create({ data: { ...fields, createdAt: now } }));
    })
    .catch((error: unknown) => {
      if (error instanceof TooManyEndpoints) return null;
      throw error;
    });
}

/** Rolls the transaction back. */
class TooManyEndpoints extends Error {}

/** Every endpoint of a mode, oldest first. Never the secret. */
export async function listWebhookEndpoints(db: Db, mode: Mode): Promise<WebhookEndpointRecord[]> {
  const rows = await db.webhookEndpoint.findMany({ where: { mode }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  return rows.map(endpointRecord);
}

/** The endpoint with this id, or null. */
export async function findWebhookEndpoint(db: Db, mode: Mode, id: string): Promise<WebhookEndpointRecord | null> {
  const row = await db.webhookEndpoint.findFirst({ where: { id, mode } });
  return row && endpointRecord(row);
}

/** Disables an endpoint for good; what is due for it is given up. False when there is none. */
export async function disableWebhookEndpoint(
  db: Database,
  mode: Mode,
  id: string,
  actor: Actor,
  now: Date,
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const known = await tx.webhookEndpoint.findFirst({ where: { id, mode } });
    if (!known) return false;
    if (known.status === 'disabled') return true;
    await tx.webhookEndpoint.update({ where: { id }, data: { status: 'disabled', disabledAt: now } });
    await tx.webhookDelivery.updateMany({
      where: { endpointId: id, status: 'due' },
      data: { status: 'dead', lastError: 'endpoint_disabled' },
    });
    await appendSharedAudit(tx, 'configuration', mode, now.toISOString(), [
      { type: 'webhook_endpoint_disabled', actor, data: { endpointId: id } },
    ]);
    return true;
  });
}

/** A page of an endpoint's deliveries, newest first, behind a given one. */
export async function listWebhookDeliveries(
  db: Db,
  endpointId: string,
  page: { limit: number; after: { at: Date; id: string } | null; status: string | undefined },
): Promise<WebhookDeliveryRecord[]> {
  const { after, limit, status } = page;
  const rows = await db.webhookDelivery.findMany({
    where: {
      endpointId,
      ...(status === undefined ? {} : { status }),
      ...(after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
  return rows.map((row) => ({
    id: row.id,
    event: row.event,
    refundId: row.refundId,
    seq: row.transitionSeq,
    status: row.status,
    attempts: row.attempts,
    dueAt: toIso(row.dueAt),
    lastStatus: row.lastStatus,
    lastError: row.lastError,
    deliveredAt: toIsoOrNull(row.deliveredAt),
    createdAt: toIso(row.createdAt),
  }));
}

/** Makes a finished delivery due again, under the same id, so that the receiver can tell it is the same. */
export async function replayWebhookDelivery(
  db: Db,
  endpointId: string,
  id: string,
  now: Date,
): Promise<'due' | 'missing' | 'pending'> {
  const replayed = await db.webhookDelivery.updateMany({
    where: { id, endpointId, status: { in: ['delivered', 'dead'] } },
    data: { status: 'due', dueAt: now, attempts: 0, claimedUntil: null },
  });
  if (replayed.count > 0) return 'due';
  const known = await db.webhookDelivery.findFirst({ where: { id, endpointId }, select: { id: true } });
  return known ? 'pending' : 'missing';
}

const endpointRecord = (row: {
  id: string;
  url: string;
  events: string[];
  status: string;
  createdAt: Date;
  disabledAt: Date | null;
}): WebhookEndpointRecord => ({
  id: row.id,
  url: row.url,
  events: row.events,
  status: row.status,
  createdAt: toIso(row.createdAt),
  disabledAt: toIsoOrNull(row.disabledAt),
});
