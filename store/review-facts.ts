import type { MatchedEntry } from '../domain/process';
import type { RiskAssessment } from '../domain/risk';
import { direct, toIso, toIsoOrNull, toMinor, type Db } from './client';
import { PAUSES_OF_R } from './clock-pauses';
import { MATCHED_ENTRY } from './risk-facts';
import type { Statements } from './statements';

/** One decision of the past, with the words that were given for it. */
export interface RecordedDecision {
  stage: string;
  round: number;
  decision: string;
  personId: string;
  personName: string;
  /** In whose place it was taken; null: it was their own stage. */
  onBehalfOf: { id: string; name: string } | null;
  snapshotVersion: number;
  approvedAmountMinor: number | null;
  reason: string | null;
  messageToCustomer: string | null;
  decidedAt: string;
}

/** A time in which the clock of a stage stood still. */
export interface RecordedPause {
  stage: string;
  round: number;
  reason: string;
  startedAt: string;
  /** Null: it does so now. */
  endedAt: string | null;
  dueBefore: string;
  /** Null: it stands still, or its stage ended as it stood. */
  dueAfter: string | null;
}

export interface LineFacts {
  externalId: string;
  sku: string;
  name: string;
  category: string | null;
  quantity: number;
  orderedQuantity: number;
  unitPriceMinor: number;
  amountMinor: number;
}

export interface EvidenceFacts {
  id: string;
  sha256: string;
  bytes: number;
  mime: string;
  fileName: string;
  createdAt: string;
}

/** What a reviewer must know to decide. */
export interface ReviewFacts {
  description: string;
  branch: string | null;
  requestedBy: { name: string; contact: string } | null;
  enteredBy: { kind: string; id: string; personId: string | null };
  /** Entries of lists that matched it at acceptance. */
  listed: MatchedEntry[];
  /** By which it was accepted; null: it is older than risk. */
  risk: RiskAssessment | null;
  snapshot: Record<string, unknown>;
  customer: {
    externalId: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
    tier: string;
    since: string;
    history: { refunds: number; open: number; declined: number; paidByCurrency: Record<string, number> };
  };
  lines: LineFacts[];
  evidence: EvidenceFacts[];
  decisions: RecordedDecision[];
  /** Why the decline was appealed, in the words of whoever did; null when it was not. */
  appealStatement: string | null;
  allocation: {
    paymentExternalId: string;
    provider: string;
    merchantAccount: string;
    method: string;
    capturedAt: string;
    amountMinor: number;
    capturedMinor: number;
    refundedMinor: number;
    refundedElsewhereMinor: number;
    disputedMinor: number;
    reservedMinor: number;
    /** Refunds of the payment beside this one that may have moved money, here or elsewhere. */
    earlierRefunds: number;
    openDisputes: number;
    /** Disputes of the payment, oldest first. */
    disputes: { id: string; status: string; amountMinor: number; reasonCode: string | null; openedAt: string }[];
  }[];
  /** Who has taken the open stage, and until when; in force or not. */
  claim: { by: { id: string; name: string }; until: string } | null;
  /** When and why the clocks of its stages stood still, oldest first. */
  pauses: RecordedPause[];
  desk: { id: string; kind: string; dueAt: string | null }[];
  firstResponse: { dueAt: string; respondedAt: string | null };
}

const OPEN_STATUSES = [
  'accepted',
  'in_review',
  'awaiting_customer',
  'awaiting_goods',
  'cooling_off',
  'awaiting_funds',
  'paying',
  'payment_unknown',
  'payment_failed',
];

interface FactsRow {
  description: string;
  branch: string | null;
  requestedByName: string | null;
  requestedByContact: string | null;
  enteredByKind: string;
  enteredById: string;
  enteredByPersonId: string | null;
  snapshot: Record<string, unknown>;
  risk: RiskAssessment | null;
  listed: MatchedEntry[];
  customer: Omit<ReviewFacts['customer'], 'history'>;
  history: { status: string; currency: string; count: number; paidMinor: number }[];
  lines: LineFacts[];
  evidence: EvidenceFacts[];
  decisions: RecordedDecision[];
  appealStatement: string | null;
  allocation: ReviewFacts['allocation'];
  claim: ReviewFacts['claim'];
  pauses: RecordedPause[];
  desk: ReviewFacts['desk'];
  firstResponseDueAt: Date;
  firstRespondedAt: Date | null;
}

/**
 * Everything beside the record itself; null when there is no such refund. One statement, because it follows every
 * decision of a member of staff.
 */
export async function readReviewFacts(db: Statements, refundId: string): Promise<ReviewFacts | null> {
  const [row] = await direct(db).$queryRaw<FactsRow[]>`
    SELECT r.description, r.branch, r.requested_by_name AS "requestedByName", r.requested_by_contact AS "requestedByContact",
      r.entered_by_kind AS "enteredByKind", r.entered_by_id AS "enteredById", r.entered_by_person_id AS "enteredByPersonId",
      r.snapshot, r.risk,
      COALESCE((SELECT jsonb_agg(${MATCHED_ENTRY} ORDER BY l.id)
         FROM jsonb_array_elements(COALESCE(r.facts -> 'listed', '[]')) kept JOIN list_entries l ON l.id = kept ->> 'entryId'), '[]') AS listed,
      r.first_response_due_at AS "firstResponseDueAt",
      r.first_responded_at AS "firstRespondedAt", ${PAUSES_OF_R} AS pauses,
      (SELECT jsonb_build_object('externalId', c.external_id, 'name', c.name, 'email', c.email, 'phone', c.phone,
           'locale', c.locale, 'tier', c.tier, 'since', c.created_at)
         FROM customers c WHERE c.id = r.customer_id) AS customer,
      COALESCE((SELECT jsonb_agg(to_jsonb(h) ORDER BY h.currency, h.status)
         FROM (SELECT o.status, o.currency, count(*) AS count, sum(o.paid_amount_minor) AS "paidMinor" FROM refunds o
               WHERE o.customer_id = r.customer_id AND o.id <> r.id GROUP BY o.status, o.currency) h), '[]') AS history,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('externalId', o.external_id, 'sku', o.sku, 'name', o.name,
           'category', o.category, 'quantity', l.quantity, 'orderedQuantity', o.quantity,
           'unitPriceMinor', o.unit_price_minor, 'amountMinor', l.amount_minor) ORDER BY o.position)
         FROM refund_lines l JOIN order_lines o ON o.id = l.order_line_id WHERE l.refund_id = r.id), '[]') AS lines,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('id', e.id, 'sha256', e.sha256, 'bytes', e.bytes, 'mime', e.mime,
           'fileName', e.file_name, 'createdAt', e.created_at) ORDER BY e.created_at)
         FROM evidence e WHERE e.refund_id = r.id), '[]') AS evidence,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('stage', d.stage_id, 'round', d.round, 'decision', d.decision,
           'personId', d.person_id, 'personName', p.name,
           'onBehalfOf', (SELECT jsonb_build_object('id', b.id, 'name', b.name) FROM people b WHERE b.id = d.on_behalf_of), 'snapshotVersion', d.snapshot_version,
           'approvedAmountMinor', d.approved_amount_minor, 'reason', d.reason,
           'messageToCustomer', d.message_to_customer, 'decidedAt', d.decided_at) ORDER BY d.transition_seq)
         FROM decisions d JOIN people p ON p.id = d.person_id WHERE d.refund_id = r.id), '[]') AS decisions,
      (SELECT c.body ->> 'statement' FROM commands c
         WHERE c.refund_id = r.id AND c.kind = 'appeal' AND c.outcome = 'done' LIMIT 1) AS "appealStatement",
      COALESCE((SELECT jsonb_agg(jsonb_build_object('paymentExternalId', p.external_id, 'provider', p.provider,
           'merchantAccount', p.merchant_account, 'method', p.method, 'capturedAt', p.captured_at,
           'amountMinor', a.amount_minor, 'capturedMinor', p.captured_minor,
           'refundedMinor', p.refunded_minor, 'refundedElsewhereMinor',
           GREATEST(p.refunded_elsewhere_minor, p.stated_elsewhere_minor),
           'disputedMinor', p.disputed_minor, 'reservedMinor', p.reserved_minor, 'earlierRefunds',
           (SELECT count(*) FROM payment_attempts t JOIN allocations b ON b.id = t.allocation_id
              WHERE b.payment_id = p.id AND b.refund_id <> r.id AND t.status NOT IN ('reserved', 'failed'))
             + (GREATEST(p.refunded_elsewhere_minor, p.stated_elsewhere_minor) > 0)::int,
           'openDisputes', (SELECT count(*) FROM disputes d
              WHERE d.mode = p.mode AND d.provider = p.provider AND d.merchant_account = p.merchant_account
                AND d.provider_payment_ids @> ARRAY[p.provider_payment_id] AND d.status = 'open'),
           'disputes', COALESCE((SELECT jsonb_agg(jsonb_build_object('id', d.id, 'status', d.status,
               'amountMinor', d.amount_minor, 'reasonCode', d.reason_code, 'openedAt', d.opened_at) ORDER BY d.opened_at)
             FROM disputes d WHERE d.payment_id = p.id), '[]')) ORDER BY a.position)
         FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.refund_id = r.id AND p.order_id IS NOT NULL), '[]') AS allocation,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'kind', k.kind, 'dueAt', k.due_at) ORDER BY k.created_at)
         FROM desk_items k WHERE k.refund_id = r.id AND k.status = 'open'), '[]') AS desk,
      (SELECT jsonb_build_object('by', jsonb_build_object('id', p.id, 'name', p.name), 'until', s.claimed_until)
         FROM stages s JOIN people p ON p.id = s.assignee_id WHERE s.refund_id = r.id AND s.status = 'open') AS claim
    FROM refunds r WHERE r.id = ${refundId}`;
  if (!row) return null;
  return {
    description: row.description,
    branch: row.branch,
    requestedBy:
      row.requestedByName === null && row.requestedByContact === null
        ? null
        : { name: row.requestedByName ?? '', contact: row.requestedByContact ?? '' },
    enteredBy: { kind: row.enteredByKind, id: row.enteredById, personId: row.enteredByPersonId },
    snapshot: row.snapshot,
    risk: row.risk,
    listed: row.listed,
    customer: { ...row.customer, since: instant(row.customer.since), history: historyOf(row.history) },
    lines: row.lines.map((line) => ({
      ...line,
      unitPriceMinor: minor(line.unitPriceMinor),
      amountMinor: minor(line.amountMinor),
    })),
    evidence: row.evidence.map((file) => ({ ...file, createdAt: instant(file.createdAt) })),
    decisions: row.decisions.map((decision) => ({
      ...decision,
      approvedAmountMinor: decision.approvedAmountMinor === null ? null : minor(decision.approvedAmountMinor),
      decidedAt: instant(decision.decidedAt),
    })),
    appealStatement: row.appealStatement,
    allocation: row.allocation.map((part) => ({
      ...part,
      capturedAt: instant(part.capturedAt),
      amountMinor: minor(part.amountMinor),
      capturedMinor: minor(part.capturedMinor),
      refundedMinor: minor(part.refundedMinor),
      refundedElsewhereMinor: minor(part.refundedElsewhereMinor),
      disputedMinor: minor(part.disputedMinor),
      reservedMinor: minor(part.reservedMinor),
      disputes: part.disputes.map((dispute) => ({
        ...dispute,
        amountMinor: minor(dispute.amountMinor),
        openedAt: instant(dispute.openedAt),
      })),
    })),
    claim: row.claim && { ...row.claim, until: instant(row.claim.until) },
    pauses: row.pauses.map((pause) => ({
      ...pause,
      startedAt: instant(pause.startedAt),
      endedAt: pause.endedAt === null ? null : instant(pause.endedAt),
      dueBefore: instant(pause.dueBefore),
      dueAfter: pause.dueAfter === null ? null : instant(pause.dueAfter),
    })),
    desk: row.desk.map((item) => ({ ...item, dueAt: item.dueAt === null ? null : instant(item.dueAt) })),
    firstResponse: { dueAt: toIso(row.firstResponseDueAt), respondedAt: toIsoOrNull(row.firstRespondedAt) },
  };
}

/** JSON of the database writes instants with an offset. */
const instant = (written: string): string => toIso(new Date(written));
/** JSON of the database carries amounts as numbers: those that lost digits are refused. */
const minor = (value: number): number => toMinor(BigInt(value));

/** The words that the customer was given with decisions, oldest first. */
export async function readWordsToCustomer(
  db: Db,
  refundId: string,
): Promise<{ decision: string; message: string; at: string }[]> {
  const rows = await db.decision.findMany({
    where: { refundId, messageToCustomer: { not: null } },
    select: { decision: true, messageToCustomer: true, decidedAt: true },
    orderBy: { transitionSeq: 'asc' },
  });
  return rows.map((row) => ({
    decision: row.decision,
    message: row.messageToCustomer ?? '',
    at: toIso(row.decidedAt),
  }));
}

function historyOf(groups: FactsRow['history']): ReviewFacts['customer']['history'] {
  const count = (wanted: (status: string) => boolean): number =>
    groups.reduce((sum, group) => sum + (wanted(group.status) ? group.count : 0), 0);
  const paidByCurrency: Record<string, number> = {};
  for (const { currency, paidMinor } of groups)
    paidByCurrency[currency] = minor((paidByCurrency[currency] ?? 0) + minor(paidMinor));
  return {
    refunds: count(() => true),
    open: count((status) => OPEN_STATUSES.includes(status)),
    declined: count((status) => status === 'declined'),
    paidByCurrency,
  };
}

/** The name of a member of staff, for colleagues alone; null when there is no such person. */
export async function readPersonName(db: Db, personId: string): Promise<string | null> {
  const person = await db.person.findUnique({ where: { id: personId }, select: { name: true } });
  return person?.name ?? null;
}
