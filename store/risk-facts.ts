import type { CustomerFacts } from '../domain/policy';
import { Prisma } from './generated/prisma/client';
import type { Fragment } from './rows';

/** What of a request its risk is looked for by. */
export interface RiskQuestion {
  mode: 'live' | 'test';
  amountMinor: number;
  channel: string;
  evidenceIds: string[];
  destinationId?: string | null;
}

/** Refunds and orders of one customer that are counted, the newest: a shop that has one customer for all stays fast. */
const MOST_COUNTED = 500;
/** JSON of the database carries numbers of up to 2^53 exactly. */
const MOST_MINOR = Number.MAX_SAFE_INTEGER;
const MS_A_DAY = 86_400_000;

/** What the risk of a request for an order `o` is counted from, in the statement that reads the order. */
export const RISK_FACTS = (request: RiskQuestion, nowIso: string): Fragment => {
  const mode = Prisma.sql`${request.mode}::"Mode"`;
  const now = Prisma.sql`${nowIso}::timestamptz`;
  return Prisma.sql`(
    SELECT to_jsonb(asked) || to_jsonb(bought) || jsonb_build_object(
      'evidenceReused', (SELECT count(DISTINCT e.id) FROM evidence e JOIN evidence x ON x.sha256 = e.sha256 AND x.mode = e.mode
        WHERE e.id = ANY(${request.evidenceIds}) AND e.mode = ${mode} AND x.refund_id IS NOT NULL),
      'payeeShared', (SELECT count(DISTINCT x.customer_id) FROM destinations e
        JOIN destinations x ON x.mode = e.mode AND x.fingerprint = e.fingerprint AND x.customer_id <> e.customer_id
        WHERE e.id = ${request.destinationId ?? null} AND e.mode = ${mode} AND e.customer_id = o.customer_id),
      'payeeIsStaff', EXISTS (SELECT 1 FROM destinations e
        JOIN destinations x ON x.mode = e.mode AND x.fingerprint = e.fingerprint AND x.customer_id <> e.customer_id
        JOIN people n ON n.customer_id = x.customer_id AND n.mode = x.mode
        WHERE e.id = ${request.destinationId ?? null} AND e.mode = ${mode} AND e.customer_id = o.customer_id),
      'untrueStatements', (SELECT count(*) FROM list_entries l WHERE l.mode = ${mode} AND l.state = 'active'
        AND l.effect = 'untrue_statement' AND l.kind = 'customer' AND l.subject_id = o.customer_id AND l.until > ${now}))
    FROM (
      SELECT count(*) FILTER (WHERE f.created_at > ${now} - interval '1 day') AS "requestsDay",
        count(*) FILTER (WHERE f.created_at > ${now} - interval '30 days') AS "requestsMonth",
        count(*) AS "requestsYear",
        LEAST(COALESCE(sum(COALESCE(f.approved_amount_minor, f.amount_minor))
          FILTER (WHERE f.currency = o.currency AND f.status NOT IN ('declined', 'withdrawn', 'expired', 'fulfilled')), 0), ${MOST_MINOR}::bigint)
          AS "refundedYearMinor",
        count(*) FILTER (WHERE f.created_at > ${now} - interval '14 days' AND f.currency = o.currency
          AND f.amount_minor = ${request.amountMinor}::bigint AND f.channel <> ${request.channel}) AS "otherChannels"
      FROM (SELECT k.created_at, k.currency, k.status, k.approved_amount_minor, k.amount_minor, k.channel FROM refunds k
        WHERE k.customer_id = o.customer_id AND k.created_at > ${now} - interval '365 days'
        ORDER BY k.created_at DESC LIMIT ${MOST_COUNTED}::int) f) asked,
    (
      SELECT count(*) AS "ordersYear", LEAST(COALESCE(sum(h.captured), 0), ${MOST_MINOR}::bigint) AS "purchasedYearMinor"
      FROM (SELECT (SELECT sum(p.captured_minor) FROM payments p WHERE p.order_id = k.id AND p.currency = o.currency) AS captured
        FROM orders k WHERE k.customer_id = o.customer_id AND k.placed_at > ${now} - interval '365 days'
        ORDER BY k.placed_at DESC LIMIT ${MOST_COUNTED}::int) h) bought)`;
};

/** The entry `l` of a query, with what explains it. */
export const MATCHED_ENTRY = Prisma.sql`
  jsonb_build_object('entryId', l.id, 'effect', l.effect, 'kind', l.kind, 'reason', l.reason,
    'until', to_char(l.until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'proposedBy', l.proposed_by, 'confirmedBy', l.confirmed_by)`;

/** Entries in force that match a request for an order `o`, with what explains them. */
export const LISTED_FACTS = (request: RiskQuestion, nowIso: string): Fragment => {
  const mode = Prisma.sql`${request.mode}::"Mode"`;
  return Prisma.sql`(
    SELECT jsonb_agg(${MATCHED_ENTRY} ORDER BY l.id)
    FROM list_entries l
    WHERE l.mode = ${mode} AND l.state = 'active' AND l.until > ${nowIso}::timestamptz AND (
      (l.kind = 'customer' AND l.subject_id = o.customer_id)
      OR (l.kind = 'payee' AND l.subject_id IN (SELECT x.id FROM destinations e
        JOIN destinations x ON x.mode = e.mode AND x.fingerprint = e.fingerprint
        WHERE e.id = ${request.destinationId ?? null} AND e.mode = ${mode} AND e.customer_id = o.customer_id))
      OR (l.kind = 'evidence' AND l.subject_id IN (SELECT x.id FROM evidence e
        JOIN evidence x ON x.mode = e.mode AND x.sha256 = e.sha256
        WHERE e.id = ANY(${request.evidenceIds}) AND e.mode = ${mode}))))`;
};

export const customerOf = (
  { customerTier, customerSince }: { customerTier: string; customerSince: Date },
  nowIso: string,
): CustomerFacts => ({
  tier: customerTier,
  ageDays: Math.max(0, Math.floor((Date.parse(nowIso) - customerSince.getTime()) / MS_A_DAY)),
});
