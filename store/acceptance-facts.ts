import type { Candidate, Delegation } from '../domain/approval';
import type { MatchedEntry, OrderFacts, OrderLineFacts, OrderPaymentFacts } from '../domain/process';
import { DECIDING_ROLES } from '../domain/policy';
import { breakdownAt, type ExcludedPerson, type RefundAmounts } from '../domain/refund';
import { isAppealableIn } from './appealable';
import type { RiskFacts } from '../domain/risk';
import { toIso } from './client';
import { delegationsSince } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import { orderFacts } from './order-facts';
import { REFUNDABLE_MINOR } from './payment-room';
import { customerOf, LISTED_FACTS, RISK_FACTS, type RiskQuestion } from './risk-facts';
import type { Statements } from './statements';
import type { Subscriber } from './outgoing';

export interface LoadedOrder {
  /** The refund that this command has accepted already. */
  acceptedAs: string | null;
  orderId: string;
  customerId: string;
  customerLocale: string;
  branch: string | null;
  /** What decisions are bound to of the order itself: see orderFacts. */
  stated: Record<string, unknown>;
  facts: OrderFacts;
  knownEvidence: string[];
  candidates: Candidate[];
  delegations: Delegation[];
  /** The destination that the request names, when this customer may use it. */
  destination: { id: string; fingerprint: string } | null;
  /** Members of staff who are this customer. */
  staffCustomers: ExcludedPerson[];
  subscribers: Subscriber[];
  /** Published policies that have taken effect, the latest first, by the hashes of their documents. */
  policies: { hash: string; effectiveFrom: string }[];
  /** Hashes of the calendars that these policies count by, by id. */
  calendars: Record<string, string>;
}

interface FactsRow {
  acceptedAs: string | null;
  orderId: string;
  currency: string;
  placedAt: Date;
  /** float8 of the database. */
  shippingMinor: number;
  branch: string | null;
  jurisdiction: string | null;
  customerId: string;
  locale: string;
  stated: Record<string, unknown>;
  payments: OrderPaymentFacts[] | null;
  lines: OrderLineFacts[] | null;
  refunds:
    | {
        id: string;
        status: string;
        isGivenUp: boolean;
        amountMinor: number;
        askedMinor: number;
        /** What it gives beside its amount. */
        goodwillMinor: number;
        reasonCode: string;
        lines: string[] | null;
        /** Of those that pay shipping alone. */
        amounts: RefundAmounts | null;
      }[]
    | null;
  evidence: string[] | null;
  delegations: Delegation[] | null;
  people: { id: string; isCustomer: boolean; roles: string[] | null }[] | null;
  subscribers: Subscriber[] | null;
  policies: LoadedOrder['policies'] | null;
  calendars: Record<string, string> | null;
  customerTier: string;
  customerSince: Date;
  risk: RiskFacts;
  listed: MatchedEntry[] | null;
}

const ENDED = ['arrived', 'fulfilled', 'declined', 'withdrawn', 'expired', 'paid'];
const DECIDING: string[] = [...DECIDING_ROLES];
const WITHOUT_MONEY = ['declined', 'withdrawn', 'expired', 'fulfilled'];

/** What names an order to whoever asks. */
export interface OrderRequest {
  mode: 'live' | 'test';
  orderExternalId: string;
  /** Set for a customer's own token: only their own orders. */
  customerId: string | null;
}

/**
 * Locks the command, the order and its payments, oldest capture first: concurrent requests for one order queue here, so that
 * nothing they judge by can change under them.
 */
export async function lockOrder(tx: Statements, request: OrderRequest & { commandId: string }): Promise<void> {
  const { mode, customerId } = request;
  await tx.$queryRaw`
    WITH command AS MATERIALIZED (
      SELECT id FROM commands WHERE id = ${request.commandId} FOR UPDATE),
    asked AS MATERIALIZED (
      SELECT o.id FROM orders o
      WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${request.orderExternalId}
        AND (${customerId}::text IS NULL OR o.customer_id = ${customerId})
      FOR SHARE),
    held AS MATERIALIZED (
      SELECT p.id FROM payments p WHERE p.order_id = (SELECT id FROM asked) ORDER BY p.captured_at, p.id FOR UPDATE)
    SELECT (SELECT count(*) FROM command)::int AS commands, (SELECT count(*) FROM held)::int AS payments`;
}

/**
 * Reads what acceptance is judged by, as of one instant; behind lockOrder nothing of it can change. Null when this caller has
 * no such order.
 */
export async function loadOrderFacts(
  tx: Statements,
  request: OrderRequest & RiskQuestion & { commandId: string | null },
  nowIso: string,
): Promise<LoadedOrder | null> {
  const { mode, customerId, evidenceIds } = request;
  // Amounts of the order as float8, and of payments as JSON: exact up to 2^53, which is more than the domain lets pass.
  const [facts] = await tx.$queryRaw<FactsRow[]>`
    SELECT o.id AS "orderId", o.currency, o.placed_at AS "placedAt", o.shipping_minor::float8 AS "shippingMinor", o.branch,
      o.jurisdiction, o.customer_id AS "customerId", c.locale,
      ${orderFacts(Prisma.sql`o.id`)} AS stated,
      c.tier AS "customerTier", c.created_at AS "customerSince", ${RISK_FACTS(request, nowIso)} AS risk,
      ${LISTED_FACTS(request, nowIso)} AS listed,
      (SELECT x.refund_id FROM commands x WHERE x.id = ${request.commandId} AND x.outcome = 'done') AS "acceptedAs",
      (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'externalId', p.external_id, 'provider', p.provider,
           'merchantAccount', p.merchant_account, 'currency', p.currency, 'availableMinor',
           ${REFUNDABLE_MINOR},
           'accounting', CASE WHEN p.accounting_rate IS NOT NULL
             THEN jsonb_build_object('currency', p.accounting_currency, 'rate', p.accounting_rate) END)
           ORDER BY p.captured_at, p.id)
         FROM payments p WHERE p.order_id = o.id) AS payments,
      (SELECT jsonb_agg(jsonb_build_object('id', l.id, 'externalId', l.external_id, 'quantity', l.quantity,
           'goodsMinor', l.unit_price_minor * l.quantity, 'discountMinor', l.discount_minor, 'taxMinor', l.tax_minor,
           'takenQuantity', l.reserved_quantity + l.refunded_quantity, 'takenMinor', l.reserved_minor + l.refunded_minor,
           'category', l.category, 'attributes', l.attributes) ORDER BY l.position)
         FROM order_lines l WHERE l.order_id = o.id) AS lines,
      (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'status', f.status, 'amountMinor', f.amount_minor,
           'isGivenUp', jsonb_exists(f.process, 'givenUp'),
           -- Nothing more is asked for by what was given up than what was paid of it.
           'askedMinor', CASE WHEN jsonb_exists(f.process, 'givenUp') THEN f.paid_amount_minor
             ELSE COALESCE(f.approved_amount_minor, f.amount_minor) END,
           'goodwillMinor', COALESCE((f.amounts->'goodwill'->>'amountMinor')::bigint, 0), 'reasonCode', f.reason_code,
           'amounts', CASE WHEN (f.amounts->>'shippingMinor')::bigint > 0 THEN f.amounts END,
           'lines', (SELECT jsonb_agg(l.external_id) FROM refund_lines r JOIN order_lines l ON l.id = r.order_line_id
                     WHERE r.refund_id = f.id)))
         FROM refunds f WHERE f.order_id = o.id AND (f.status <> ALL(${WITHOUT_MONEY})
           OR ${isAppealableIn(Prisma.sql`f.status`, Prisma.sql`f.process`)})) AS refunds,
      (SELECT jsonb_agg(e.id) FROM evidence e
         WHERE e.id = ANY(${evidenceIds}) AND e.mode = ${mode}::"Mode" AND e.refund_id IS NULL
           AND (${customerId}::text IS NULL OR e.customer_id = ${customerId})) AS evidence,
      (SELECT jsonb_agg(jsonb_build_object('id', n.id, 'isCustomer', n.customer_id IS NOT DISTINCT FROM o.customer_id,
           'roles', (SELECT jsonb_agg(h.role) FROM person_roles h WHERE h.person_id = n.id)))
         FROM people n WHERE n.mode = ${mode}::"Mode" AND n.active AND (n.customer_id = o.customer_id
           OR EXISTS (SELECT 1 FROM person_roles h WHERE h.person_id = n.id AND h.role = ANY(${DECIDING})))) AS people,
      ${delegationsSince({ mode: Prisma.sql`${mode}::"Mode"`, since: Prisma.sql`${nowIso}::timestamptz`, atIso: nowIso })} AS delegations,
      (SELECT jsonb_agg(jsonb_build_object('id', w.id, 'events', w.events)) FROM webhook_endpoints w
         WHERE w.mode = ${mode}::"Mode" AND w.status = 'enabled') AS subscribers,
      (SELECT jsonb_agg(jsonb_build_object('hash', p.hash,
           'effectiveFrom', to_char(p.effective_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
           ORDER BY p.effective_from DESC, p.version DESC)
         FROM policies p WHERE p.mode = ${mode}::"Mode" AND p.status = 'published'
           AND p.effective_from <= ${nowIso}::timestamptz) AS policies,
      (SELECT jsonb_object_agg(k.id, md5(k.document::text)) FROM calendars k WHERE k.mode = ${mode}::"Mode") AS calendars
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${request.orderExternalId}
      AND (${customerId}::text IS NULL OR o.customer_id = ${customerId})`;
  if (!facts) return null;
  const refunds = facts.refunds ?? [];
  const people = facts.people ?? [];
  return {
    acceptedAs: facts.acceptedAs,
    orderId: facts.orderId,
    customerId: facts.customerId,
    destination: await findUsableDestination(tx, mode, facts.customerId, request.destinationId ?? null),
    customerLocale: facts.locale,
    branch: facts.branch,
    stated: facts.stated,
    subscribers: facts.subscribers ?? [],
    policies: facts.policies ?? [],
    calendars: facts.calendars ?? {},
    knownEvidence: facts.evidence ?? [],
    delegations: facts.delegations ?? [],
    candidates: people.map((person) => ({ personId: person.id, roles: person.roles ?? [] })),
    staffCustomers: people
      .filter((person) => person.isCustomer)
      .map((person) => ({ personId: person.id, rule: 'is_customer' })),
    facts: {
      currency: facts.currency,
      placedAt: toIso(facts.placedAt),
      branch: facts.branch,
      jurisdiction: facts.jurisdiction,
      shippingMinor: facts.shippingMinor,
      shippingTakenMinor: refunds.reduce(
        (sum, { amounts, askedMinor }) => sum + (amounts ? breakdownAt(amounts, askedMinor).shippingMinor : 0),
        0,
      ),
      lines: facts.lines ?? [],
      payments: facts.payments ?? [],
      open: refunds
        .filter((refund) => !refund.isGivenUp && !ENDED.includes(refund.status))
        .map((refund) => ({
          refundId: refund.id,
          amountMinor: refund.amountMinor,
          reasonCode: refund.reasonCode,
          lineExternalIds: refund.lines ?? [],
        })),
      customer: customerOf(facts, nowIso),
      risk: facts.risk,
      listed: facts.listed ?? [],
      openAndPaidMinor: refunds.reduce((sum, refund) => sum + refund.askedMinor + refund.goodwillMinor, 0),
    },
  };
}

/** Locked against revocation until the refund that names it is written. */
async function findUsableDestination(
  tx: Statements,
  mode: 'live' | 'test',
  customerId: string,
  id: string | null,
): Promise<LoadedOrder['destination']> {
  if (id === null) return null;
  const [row] = await tx.$queryRaw<{ id: string; fingerprint: string }[]>`
    SELECT id, fingerprint FROM destinations
    WHERE id = ${id} AND mode = ${mode}::"Mode" AND customer_id = ${customerId} AND status <> 'revoked'
    FOR SHARE`;
  return row ?? null;
}
