import type { ApprovalFact } from '../domain/risk';
import { direct, toIso, toIsoOrNull, toMinor, type Database } from './client';
import type { Mode } from './refund-views';

interface ApprovalRow {
  refundId: string;
  customerId: string;
  personId: string;
  amountMinor: bigint;
  currency: string;
  acceptedAt: Date;
  decidedAt: Date;
  openedAt: Date | null;
  payeeIsStaff: boolean;
}

/** The newest approvals of a period, `to` not included, at most so many. */
export async function readStaffApprovals(
  db: Database,
  { mode, fromIso, toIso: untilIso }: { mode: Mode; fromIso: string; toIso: string },
  limit: number,
): Promise<ApprovalFact[]> {
  const rows = await direct(db).$queryRaw<ApprovalRow[]>`
    SELECT d.refund_id AS "refundId", r.customer_id AS "customerId", d.person_id AS "personId",
      COALESCE(d.approved_amount_minor, r.amount_minor) AS "amountMinor", r.currency, r.created_at AS "acceptedAt",
      d.decided_at AS "decidedAt", s.opened_at AS "openedAt",
      COALESCE((r.facts -> 'risk' ->> 'payeeIsStaff')::boolean, false) AS "payeeIsStaff"
    FROM decisions d JOIN refunds r ON r.id = d.refund_id
    LEFT JOIN stages s ON s.refund_id = d.refund_id AND s.round = d.round AND s.stage_id = d.stage_id
    WHERE d.mode = ${mode}::"Mode" AND d.decision = 'approve'
      AND d.decided_at >= ${fromIso}::timestamptz AND d.decided_at < ${untilIso}::timestamptz
    ORDER BY d.decided_at DESC, d.id
    LIMIT ${limit}::int`;
  return rows.map((row) => ({
    ...row,
    amountMinor: toMinor(row.amountMinor),
    acceptedAt: toIso(row.acceptedAt),
    decidedAt: toIso(row.decidedAt),
    openedAt: toIsoOrNull(row.openedAt),
  }));
}
