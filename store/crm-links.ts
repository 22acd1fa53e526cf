import type { Db } from './client';
import type { Mode } from './refund-views';

/** The last transition that the CRM knows of a refund; 0 when it knows none. */
export async function readSyncedSeq(db: Db, refundId: string): Promise<number> {
  const link = await db.crmLink.findUnique({ where: { refundId }, select: { syncedSeq: true } });
  return link?.syncedSeq ?? 0;
}

/** Notes what the CRM knows; what is older than what stands there changes nothing. */
export async function writeCrmLink(
  db: Db,
  link: { refundId: string; mode: Mode; crm: string; recordId: string; syncedSeq: number },
  nowIso: string,
): Promise<void> {
  const now = new Date(nowIso);
  await db.$executeRaw`
    INSERT INTO crm_links (refund_id, mode, crm, record_id, synced_seq, updated_at)
    VALUES (${link.refundId}, ${link.mode}::"Mode", ${link.crm}, ${link.recordId}, ${link.syncedSeq}, ${now})
    ON CONFLICT (refund_id) DO UPDATE
      SET record_id = EXCLUDED.record_id, synced_seq = EXCLUDED.synced_seq, updated_at = EXCLUDED.updated_at
      WHERE crm_links.synced_seq < EXCLUDED.synced_seq`;
}
