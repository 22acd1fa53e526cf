import { difference, type Difference } from './difference';
import type { CrmFact, LegFact, PaymentFact, ProcessFact } from './facts';

/** A refund that changed this recently may be between the engine and Postgres. */
const IN_FLIGHT_MS = 60_000;

/** Compares a refund's projection with its workflow. */
export function judgeProcess(fact: ProcessFact, nowMs: number): Difference[] {
  const { refundId, stand, says } = fact;
  if (nowMs - Date.parse(fact.changedAt) < IN_FLIGHT_MS) return [];
  const base = { status: stand.status, seq: stand.seq, workflow: fact.workflow };
  if (fact.workflow !== 'running' && !fact.isOver) {
    return [difference('workflow_missing', [refundId, stand.seq], { refundId }, base)];
  }
  if (says === null) return [];
  const leg = says.legs === null ? null : firstDifference(stand.legs, says.legs);
  if (says.seq === stand.seq && says.status === stand.status && leg === null) return [];
  return [
    difference(
      'workflow_disagrees',
      [refundId, stand.seq, says.seq],
      { refundId, legId: leg },
      {
        ...base,
        workflowStatus: says.status,
        workflowSeq: says.seq,
      },
    ),
  ];
}

/** The id of the first leg that the two sides show differently, or null. */
function firstDifference(ours: readonly LegFact[], theirs: readonly LegFact[]): string | null {
  const text = ({ reference, status, amountMinor }: LegFact): string =>
    JSON.stringify([reference, status, amountMinor]);
  const known = new Map(theirs.map((leg) => [leg.legId, text(leg)]));
  const differing = ours.filter((leg) => known.get(leg.legId) !== text(leg)).map((leg) => leg.legId);
  const own = new Set(ours.map((leg) => leg.legId));
  const more = theirs.filter((leg) => !own.has(leg.legId)).map((leg) => leg.legId);
  return [...differing, ...more].toSorted()[0] ?? null;
}

/** Compares what the CRM should know of a refund with what it shows. */
export function judgeCrm(fact: CrmFact): Difference[] {
  const { refundId, dueSeq, syncedSeq, record } = fact;
  if (dueSeq === null) return [];
  const data = { status: fact.status, seq: fact.seq, dueSeq, syncedSeq };
  if (syncedSeq === null || (record !== 'not_asked' && !record.found)) {
    return [difference('crm_missing', [refundId], { refundId }, data)];
  }
  if (syncedSeq < dueSeq) return [difference('crm_stale', [refundId, dueSeq], { refundId }, data)];
  // While something newer is on its way the CRM rightly shows what was before.
  if (record === 'not_asked' || syncedSeq !== fact.seq || record.status === fact.status) return [];
  return [
    difference(
      'crm_stale',
      [refundId, fact.seq, record.status ?? ''],
      { refundId },
      {
        ...data,
        crmStatus: record.status,
      },
    ),
  ];
}

/** Compares a payment's sums with the rows they stand for, and with the ledger. */
export function judgePayment(fact: PaymentFact): Difference[] {
  const { paymentId, row, rows, ledger } = fact;
  const equal = (other: PaymentFact['row']): boolean =>
    row.refundedMinor === other.refundedMinor && row.reservedMinor === other.reservedMinor;
  if (equal(rows) && equal(ledger)) return [];
  return [
    difference(
      'ledger_unbalanced',
      [paymentId],
      { paymentId },
      {
        refundedMinor: row.refundedMinor,
        reservedMinor: row.reservedMinor,
        rowsRefundedMinor: rows.refundedMinor,
        rowsReservedMinor: rows.reservedMinor,
        ledgerRefundedMinor: ledger.refundedMinor,
        ledgerReservedMinor: ledger.reservedMinor,
      },
    ),
  ];
}
