import { direct, toIsoOrNull, type Database, type Db } from './client';
import { openDeskItemOnce } from './desk';
import type { Mode } from './refund-views';

/** An event on its way to a subscriber, claimed by whoever reads it here. */
export interface ClaimedDelivery {
  id: string;
  mode: Mode;
  endpointId: string;
  refundId: string;
  event: string;
  payload: Record<string, unknown>;
  /** This attempt included. */
  attempts: number;
  /** Age by the row's own creation: giving up counts from it. ISO instant. */
  createdAt: string;
  url: string;
  secret: string;
  endpointStatus: 'enabled' | 'disabled';
}

/** Claims a batch of what is due, oldest first, passing over rows that another worker is claiming. */
export async function claimDueDeliveries(
  db: Db,
  claim: { nowIso: string; untilIso: string; limit: number },
): Promise<ClaimedDelivery[]> {
  const now = new Date(claim.nowIso);
  const rows = await direct(db).$queryRaw<(Omit<ClaimedDelivery, 'createdAt'> & { createdAt: Date })[]>`
    WITH due AS (
      SELECT id FROM webhook_deliveries
      WHERE status = 'due' AND due_at <= ${now} AND (claimed_until IS NULL OR claimed_until <= ${now})
      ORDER BY due_at LIMIT ${claim.limit} FOR UPDATE SKIP LOCKED)
    UPDATE webhook_deliveries d SET claimed_until = ${new Date(claim.untilIso)}, attempts = d.attempts + 1
    FROM due, webhook_endpoints e
    WHERE d.id = due.id AND e.id = d.endpoint_id
    RETURNING d.id, d.mode::text AS mode, d.endpoint_id AS "endpointId", d.refund_id AS "refundId", d.event, d.payload,
      d.attempts, d.created_at AS "createdAt", e.url, e.secret, e.status AS "endpointStatus"`;
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

/** When the next delivery can be claimed, or null when none waits. */
export async function nextDeliveryDueAt(db: Db): Promise<string | null> {
  const [row] = await direct(db).$queryRaw<{ at: Date | null }[]>`
    SELECT MIN(GREATEST(due_at, COALESCE(claimed_until, due_at))) AS at FROM webhook_deliveries WHERE status = 'due'`;
  return toIsoOrNull(row?.at ?? null);
}

/** The subscriber took it. */
export async function settleDelivery(
  db: Db,
  id: string,
  answer: { httpStatus: number },
  nowIso: string,
): Promise<void> {
  await db.webhookDelivery.updateMany({
    where: { id, status: 'due' },
    data: {
      status: 'delivered',
      deliveredAt: new Date(nowIso),
      claimedUntil: null,
      lastStatus: answer.httpStatus,
      lastError: null,
    },
  });
}

export interface FailedDelivery {
  httpStatus: number | null;
  error: string;
}

/** Gives a delivery back to be tried again at `dueAtIso`. */
export async function retryDelivery(db: Db, id: string, retry: FailedDelivery & { dueAtIso: string }): Promise<void> {
  await db.webhookDelivery.updateMany({
    where: { id, status: 'due' },
    data: {
      dueAt: new Date(retry.dueAtIso),
      claimedUntil: null,
      lastStatus: retry.httpStatus,
      lastError: retry.error.slice(0, 200),
    },
  });
}

/** Gives a delivery up: it stays in the log as dead, and the desk gets one item for the endpoint and day. */
export async function buryDelivery(
  db: Database,
  delivery: Pick<ClaimedDelivery, 'id' | 'mode' | 'endpointId' | 'event'>,
  failure: FailedDelivery,
  nowIso: string,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.webhookDelivery.updateMany({
      where: { id: delivery.id, status: 'due' },
      data: {
        status: 'dead',
        claimedUntil: null,
        lastStatus: failure.httpStatus,
        lastError: failure.error.slice(0, 200),
      },
    });
    await openDeskItemOnce(
      tx,
      {
        mode: delivery.mode,
        refundId: null,
        kind: 'webhook_undeliverable',
        dedupKey: `webhook:${delivery.endpointId}:${nowIso.slice(0, 10)}`,
        dueAt: null,
        data: { endpointId: delivery.endpointId, deliveryId: delivery.id, event: delivery.event },
      },
      nowIso,
    );
  });
}

/** The subscriber said that the address is gone for good: nothing more is sent there. */
export async function disableGoneEndpoint(db: Db, endpointId: string, nowIso: string): Promise<void> {
  await db.webhookEndpoint.updateMany({
    where: { id: endpointId, status: 'enabled' },
    data: { status: 'disabled', disabledAt: new Date(nowIso) },
  });
}
