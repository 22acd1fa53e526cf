import { direct, type Db } from './client';
import { LAZILY } from './rows';
import type { Statements } from './statements';

/** Refunds that were accepted before `before` and are not started yet, those tried least first, then the oldest. */
export async function listOpenStartTickets(
  db: Db,
  query: { acceptedBeforeIso: string; limit: number },
): Promise<string[]> {
  const rows = await db.startTicket.findMany({
    where: { consumedAt: null, createdAt: { lt: new Date(query.acceptedBeforeIso) } },
    orderBy: [{ attempts: 'asc' }, { createdAt: 'asc' }],
    take: query.limit,
    select: { refundId: true },
  });
  return rows.map((row) => row.refundId);
}

/**
 * Uses a ticket up: its workflow has been started. Repeating it changes nothing. Does not wait until that is on disk: what a
 * crash takes back is used up by the sweep, to which the engine says that the workflow is there.
 */
export async function consumeStartTicket(db: Statements, refundId: string, nowIso: string): Promise<void> {
  await direct(db).$executeRaw`
    UPDATE start_tickets SET consumed_at = ${nowIso}::timestamptz
    FROM ${LAZILY}
    WHERE refund_id = ${refundId} AND consumed_at IS NULL`;
}

/** Notes that a start did not succeed, so that one that never does stands behind the others. */
export async function noteStartFailure(db: Db, refundId: string, error: string): Promise<void> {
  await db.startTicket.updateMany({
    where: { refundId, consumedAt: null },
    data: { attempts: { increment: 1 }, lastError: error.slice(0, 500) },
  });
}
