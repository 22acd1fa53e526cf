import type { PolicyFacts } from '../domain/policy';
import { isAppealableIn } from './appealable';
import { toIso } from './client';
import { Prisma } from './generated/prisma/client';

/*
 * Refunds that were accepted before their facts were kept: what a policy judged them by is put together from what is there
 * now, and what may have been another at acceptance is named. Risk and what was known of the customer cannot be: conditions on
 * them are not answered.
 */

/** Between an acceptance's own instant and its commit, far more than either's limits: within it the order is not known. */
const UNCERTAIN = Prisma.sql`interval '1 minute'`;

export interface RebuiltRow {
  amountMinor: number;
  goodwillMinor: number;
  othersMinor: number;
  currency: string;
  channel: string;
  branch: string | null;
  jurisdiction: string | null;
  reasonCode: string;
  enteredBy: string;
  description: string;
  evidenceCount: number;
  placedAt: string;
  lines: { category: string | null; attributes: Record<string, unknown> }[];
  payments: { provider: string; currency: string }[];
  /** The customer has answered: their words, amount, lines and proof took the place of the request's. */
  wasAnswered: boolean;
  /** What it is about has had a second version. */
  snapshotChanged: boolean;
  /** The shop has sent its order again. */
  orderChanged: boolean;
  /** Another refund of the order was accepted or moved about the same instant, or its own first amount is not known. */
  othersUnsure: boolean;
}

/** What a refund `f` gives beside its amount. */
const GIVEN_MINOR = Prisma.sql`COALESCE((f.amounts->'goodwill'->>'amountMinor')::bigint, 0)`;

/** For a row of `refunds r`. What others asked for is counted as acceptance does, by what stood recorded at its instant. */
export const REBUILT_FACTS = Prisma.sql`(
  SELECT jsonb_build_object(
    'amountMinor', r.amount_minor,
    'goodwillMinor', COALESCE((r.amounts->'goodwill'->>'amountMinor')::bigint, 0),
    'othersMinor', (
      SELECT COALESCE(sum(CASE
          WHEN NOT COALESCE(${isAppealableIn(Prisma.sql`t.result->>'status'`, Prisma.sql`t.result`)},
              (f.plan->>'appealWindowDays')::int > 0, false)
            AND COALESCE(t.result->>'status', CASE WHEN f.decline_clause IS NULL THEN 'in_review' ELSE 'declined' END)
            IN ('declined', 'withdrawn', 'expired', 'fulfilled') THEN 0
          WHEN jsonb_exists(t.result, 'givenUp') THEN (
            SELECT COALESCE(sum((leg->>'amountMinor')::bigint), 0) FROM jsonb_array_elements(t.result->'legs') leg
            WHERE leg->>'status' = 'succeeded' AND NOT jsonb_exists(leg, 'fund'))
            + ${GIVEN_MINOR}
          WHEN t.result IS NULL THEN COALESCE((f.facts->>'amountMinor')::bigint, f.amount_minor)
            + ${GIVEN_MINOR}
          ELSE COALESCE((t.result->>'approvedAmountMinor')::bigint, (t.result->>'amountMinor')::bigint)
            + ${GIVEN_MINOR} END), 0)
      FROM refunds f LEFT JOIN LATERAL (
        SELECT x.result FROM transitions x WHERE x.refund_id = f.id AND x.at <= r.created_at ORDER BY x.seq DESC LIMIT 1
      ) t ON true
      WHERE f.order_id = r.order_id AND f.id <> r.id AND f.created_at <= r.created_at),
    'currency', r.currency, 'channel', r.channel, 'branch', r.branch, 'jurisdiction', o.jurisdiction,
    'reasonCode', r.reason_code, 'enteredBy', r.entered_by_kind, 'description', r.description,
    'evidenceCount', CASE jsonb_typeof(r.snapshot->'evidenceIds')
      WHEN 'array' THEN jsonb_array_length(r.snapshot->'evidenceIds') ELSE 0 END,
    'placedAt', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'lines', (
      SELECT COALESCE(jsonb_agg(jsonb_build_object('category', l.category, 'attributes', l.attributes) ORDER BY l.position), '[]')
      FROM order_lines l
      WHERE l.order_id = r.order_id AND (COALESCE(r.snapshot->'lines', '[]') = '[]'
        OR r.snapshot->'lines' @> jsonb_build_array(jsonb_build_object('lineId', l.id)))),
    'payments', (
      SELECT COALESCE(jsonb_agg(jsonb_build_object('provider', p.provider, 'currency', p.currency)
        ORDER BY p.captured_at, p.id), '[]')
      FROM payments p WHERE p.order_id = r.order_id AND p.created_at <= r.created_at),
    'wasAnswered', EXISTS (SELECT 1 FROM transitions x WHERE x.refund_id = r.id AND x.kind = 'information'),
    'snapshotChanged', r.snapshot_version > 1,
    'orderChanged', o.updated_at > r.created_at,
    'othersUnsure', EXISTS (
      SELECT 1 FROM refunds f WHERE f.order_id = r.order_id AND f.id <> r.id AND (
        f.created_at BETWEEN r.created_at - ${UNCERTAIN} AND r.created_at + ${UNCERTAIN}
        OR EXISTS (SELECT 1 FROM transitions x WHERE x.refund_id = f.id
          AND (f.facts IS NULL AND x.kind = 'information' OR x.at BETWEEN r.created_at - ${UNCERTAIN} AND r.created_at + ${UNCERTAIN})))))
  FROM orders o WHERE o.id = r.order_id)`;

/** What a policy is asked about, and which of it may have been another at acceptance. */
export function rebuiltFacts(row: RebuiltRow, acceptedAt: string): { facts: PolicyFacts; approximated: string[] } {
  const { othersMinor, description, wasAnswered, snapshotChanged, orderChanged, othersUnsure, placedAt, ...fields } =
    row;
  const approximated = [
    ...(wasAnswered ? ['amountMinor', 'descriptionLength', 'evidenceCount'] : []),
    ...(orderChanged ? ['jurisdiction', 'placedAt', 'payments'] : []),
    ...(snapshotChanged || orderChanged ? ['lines'] : []),
    ...(wasAnswered || othersUnsure ? ['orderTotalOpenAndPaidMinor'] : []),
  ];
  return {
    facts: {
      ...fields,
      orderTotalOpenAndPaidMinor: othersMinor + row.amountMinor + row.goodwillMinor,
      descriptionLength: [...description].length,
      placedAt: toIso(new Date(placedAt)),
      now: acceptedAt,
    },
    approximated: approximated.toSorted(),
  };
}
