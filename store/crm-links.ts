import { direct } from './client';
import type { Mode } from './refund-views';
import { LAZILY } from './rows';
import type { Statements } from './statements';

/**
 * Notes what the CRM knows. What is older than what stands there changes nothing: then the answer is false, and somebody
 * else may have been overwritten. Does not wait for the disk: what a crash takes back is written once more.
 */
export async function writeCrmLink(
  db: Statements,
  link: { refundId: string; mode: Mode; crm: string; recordId: string; syncedSeq: number },
  nowIso: string,
): Promise<boolean> {
  const now = new Date(nowIso);
  const written = await direct(db).$executeRaw`
    INSERT INTO crm_links (refund_id, mode, crm, record_id, synced_seq, updated_at)
    SELECT ${link.refundId}, ${link.mode}::"Mode", ${link.crm}, ${link.recordId}, ${link.syncedSeq}::int, ${now}::timestamptz
    FROM ${LAZILY}
    ON CONFLICT (refund_id) DO UPDATE
      SET record_id = EXCLUDED.record_id, synced_seq = EXCLUDED.synced_seq, updated_at = EXCLUDED.updated_at
      WHERE crm_links.synced_seq <= EXCLUDED.synced_seq`;
  return written === 1;
}
