import type { Db } from './client';

/** A line of the order as far as an answer may name it. */
export interface NamedLine {
  externalId: string;
  quantity: number;
}

/** The lines of the order behind a refund. */
export async function readOrderLinesOf(db: Db, orderId: string): Promise<NamedLine[]> {
  return db.orderLine.findMany({
    where: { orderId },
    select: { externalId: true, quantity: true },
    orderBy: { position: 'asc' },
  });
}

/** Puts a piece of evidence that belongs to no refund yet under this one. */
export async function attachEvidence(db: Db, refundId: string, evidenceId: string): Promise<void> {
  await db.evidence.updateMany({ where: { id: evidenceId, refundId: null }, data: { refundId } });
}
