import type { BusinessCalendar } from '../domain/calendar';
import type { Candidate, DecisionFacts, Delegation, StageClaim } from '../domain/approval';
import { readAnswer, type AnsweredRequest, type LegToPay, type StoredCommand } from '../domain/process';
import type { Subscriber } from './outgoing';
import { readNamedLines } from './reservations';
import type {
  ExcludedPerson,
  Plan,
  ProcessState,
  RecordTransitionInput,
  RefundAmounts,
  TransitionKind,
} from '../domain/refund';
import { measuredArrivals } from './arrival-observations';
import { claimOf, decisionFactsOf, delegationsSince } from './delegation-facts';
import { calendarOfText } from './known-documents';
import { Prisma } from './generated/prisma/client';
import { orderFacts } from './order-facts';
import { asJson } from './rows';
import type { Statements } from './statements';

/** A refund under its row lock. */
export interface LockedRefund {
  id: string;
  mode: 'live' | 'test';
  orderId: string;
  customerId: string;
  customerLocale: string;
  currency: string;
  acceptedAt: Date;
  state: ProcessState;
  plan: Plan;
  planHash: string;
  snapshot: Record<string, unknown>;
  amounts: RefundAmounts | null;
  description: string;
  responded: boolean;
  auditSeq: number;
  auditHead: string;
}

type Command = StoredCommand & { refusalCode: string | null };

/** Takes the row lock that all changes of a refund queue behind; null when there is no such refund. */
export async function lockRefund(tx: Statements, refundId: string): Promise<LockedRefund | null> {
  const [row] = await tx.$queryRaw<LockedRefund[]>`
    SELECT id, mode::text AS mode, order_id AS "orderId", customer_id AS "customerId",
      (SELECT locale FROM customers c WHERE c.id = customer_id) AS "customerLocale", currency,
      created_at AS "acceptedAt", process AS state, plan,
      plan_hash AS "planHash", snapshot, amounts, description, first_responded_at IS NOT NULL AS responded,
      audit_seq AS "auditSeq", audit_head AS "auditHead"
    FROM refunds WHERE id = ${refundId} FOR UPDATE`;
  return row ?? null;
}

interface Loaded {
  recorded: { transitionId: string; state: ProcessState } | null;
  command: Command | null;
  answered: AnsweredRequest | null;
  subscribers: Subscriber[];
  loaded: {
    state: ProcessState;
    plan: Plan;
    calendar: BusinessCalendar;
    stageCalendars: Record<string, BusinessCalendar>;
    legs: LegToPay[];
    receivedAt: string | null;
    deciders: { personId: string; at: string }[];
    behindKey: ExcludedPerson[];
    candidates: Candidate[];
    facts: DecisionFacts | null;
  };
  /** What the order is now, when that is not what the snapshot says; read where something is decided by it. */
  orderNow: Record<string, unknown> | null;
}

interface LoadRow {
  recorded: { transition_id: string; result: ProcessState }[] | null;
  command: {
    id: string;
    kind: string;
    refund_id: string | null;
    principal_id: string;
    person_id: string | null;
    roles: string[];
    body: Record<string, unknown>;
    outcome: string;
    refusal_code: string | null;
    expires_at: string;
  } | null;
  calendar: string | null;
  stage_calendars: Record<string, string> | null;
  legs: LegToPay[] | null;
  deciders: { personId: string; at: string }[] | null;
  behindKey: ExcludedPerson[] | null;
  candidates: Candidate[] | null;
  delegations: Delegation[] | null;
  claim: StageClaim | null;
  orderNow: Record<string, unknown> | null;
  subscribers: Subscriber[] | null;
}

/** Transitions by which a refund can become paid, and so promise when the money arrives. */
const MAY_PAY: readonly TransitionKind[] = ['payment', 'provider_event', 'desk_action'];

/** Transitions before which the order is looked at. */
const RESTS_ON_ORDER: readonly TransitionKind[] = ['decision', 'order_changed'];

/** The way of a leg's present attempt, in the words of the query below; money to another account goes to a bank's. */
const ROUTE = {
  mode: Prisma.sql`a.mode`,
  provider: Prisma.sql`COALESCE(t.provider, p.provider)`,
  method: Prisma.sql`CASE t.route WHEN 'original' THEN p.method ELSE 'bank_account' END`,
};

/**
 * Whether what was given back for a leg could be taken again, in the words of the query below: its payment has the money, and
 * no other refund has taken the lines. Those of a refund that was paid in part are its own already.
 */
const hasRoom = Prisma.sql`
  p.captured_minor - p.refunded_minor - p.refunded_elsewhere_minor - p.disputed_minor - p.reserved_minor >= a.amount_minor
  AND (EXISTS (SELECT 1 FROM allocations o WHERE o.refund_id = a.refund_id AND o.status = 'succeeded')
    OR NOT EXISTS (
      SELECT 1 FROM refund_lines n JOIN order_lines l ON l.id = n.order_line_id
      WHERE n.refund_id = a.refund_id AND l.reserved_quantity + l.refunded_quantity + n.quantity > l.quantity))`;

/** When the money was there by a receipt's own words, or when it was stated. */
export function receivedAt(command: StoredCommand | null, atIso: string): string {
  const stated = command?.body['arrivedAt'];
  return typeof stated === 'string' ? stated : atIso;
}

/** One round trip for everything a transition is judged by. Run after the lock, so that it sees what was committed. */
export async function loadForTransition(
  tx: Statements,
  refund: LockedRefund,
  input: RecordTransitionInput,
): Promise<Loaded> {
  const { transition, seq } = input;
  const roles = refund.plan.stages.map((stage) => stage.role);
  const calendarIds = refund.plan.stages.flatMap(({ calendarId }) => (calendarId === undefined ? [] : [calendarId]));
  const commandId = 'commandId' in transition ? transition.commandId : null;
  const opensStage = transition.kind === 'decision' || transition.kind === 'appeal';
  const [row] = await tx.$queryRaw<LoadRow[]>`
    SELECT
      (SELECT jsonb_agg(jsonb_build_object('transition_id', t.transition_id, 'result', t.result) ORDER BY t.transition_id = ${transition.id} DESC)
         FROM transitions t WHERE t.refund_id = ${refund.id} AND (t.transition_id = ${transition.id} OR t.seq = ${seq})) AS recorded,
      (SELECT to_jsonb(c) - 'response_body' FROM commands c WHERE c.id = ${commandId}) AS command,
      (SELECT document::text FROM calendars k WHERE k.mode = ${refund.mode}::"Mode" AND k.id = ${refund.plan.calendarId}) AS calendar,
      CASE WHEN ${calendarIds.length > 0} THEN
        (SELECT jsonb_object_agg(k.id, k.document::text) FROM calendars k WHERE k.mode = ${refund.mode}::"Mode" AND k.id = ANY(${calendarIds}))
      END AS stage_calendars,
      (SELECT jsonb_agg(jsonb_build_object(
           'legId', a.id, 'paymentId', a.payment_id, 'provider', p.provider, 'method', p.method, 'reference', t.reference,
           'attempt', t.number, 'amountMinor', a.amount_minor, 'reservedMinor', r.amount_minor, 'currency', p.currency,
           'accounting', CASE WHEN a.accounting_rate IS NOT NULL
             THEN jsonb_build_object('currency', a.accounting_currency, 'rate', a.accounting_rate) END,
           'canBeTakenUp', CASE WHEN r.state <> 'held' AND jsonb_exists(f.process, 'givenUp') THEN ${hasRoom} END,
           'references', CASE WHEN ${MAY_PAY.includes(transition.kind)} THEN
             (SELECT jsonb_object_agg(n.number, n.reference) FROM payment_attempts n WHERE n.allocation_id = a.id) END,
           'measured', CASE WHEN ${MAY_PAY.includes(transition.kind)} THEN ${measuredArrivals(ROUTE, input.at)} END) ORDER BY a.position)
         FROM allocations a
         JOIN refunds f ON f.id = a.refund_id
         JOIN payments p ON p.id = a.payment_id
         JOIN reservations r ON r.refund_id = a.refund_id AND r.payment_id = a.payment_id
         JOIN LATERAL (SELECT reference, number, route, provider FROM payment_attempts WHERE allocation_id = a.id ORDER BY number DESC LIMIT 1) t ON true
         WHERE a.refund_id = ${refund.id}) AS legs,
      CASE WHEN ${transition.kind === 'appeal'} THEN
        (SELECT jsonb_agg(jsonb_build_object('personId', d.id, 'at', to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
           FROM (SELECT x.id, min(n.decided_at) AS at FROM decisions n CROSS JOIN LATERAL (VALUES (n.person_id), (n.on_behalf_of)) AS x(id)
                 WHERE n.refund_id = ${refund.id} AND n.decision <> 'request_info' AND x.id IS NOT NULL GROUP BY x.id) d)
      END AS deciders,
      CASE WHEN ${transition.kind === 'appeal'} THEN
        (SELECT jsonb_agg(DISTINCT jsonb_build_object('personId', b.id, 'rule', b.rule))
           FROM commands c JOIN api_keys k ON k.id = c.principal_id
           CROSS JOIN LATERAL (VALUES (k.owner_person_id, 'key_owner'), (k.created_by_id, 'key_creator')) AS b(id, rule)
           WHERE c.id = ${commandId} AND b.id IS NOT NULL)
      END AS "behindKey",
      CASE WHEN ${opensStage} THEN
        (SELECT jsonb_agg(jsonb_build_object('personId', h.id, 'roles', h.roles))
           FROM (SELECT n.id, array_agg(o.role) AS roles FROM people n JOIN person_roles o ON o.person_id = n.id
                 WHERE n.mode = ${refund.mode}::"Mode" AND n.active AND o.role = ANY(${roles}) GROUP BY n.id) h)
      END AS candidates,
      CASE WHEN ${opensStage} THEN
        ${delegationsSince({
          mode: Prisma.sql`${refund.mode}::"Mode"`,
          since: Prisma.sql`${refund.acceptedAt}::timestamptz`,
          atIso: input.at,
        })}
      END AS delegations,
      CASE WHEN ${transition.kind === 'decision'} THEN ${claimOf(Prisma.sql`${refund.id}`)} END AS claim,
      CASE WHEN ${RESTS_ON_ORDER.includes(transition.kind) && refund.snapshot['order'] !== undefined} THEN
        NULLIF(${orderFacts(Prisma.sql`${refund.orderId}`)}, ${asJson(refund.snapshot['order'] ?? null)}::jsonb)
      END AS "orderNow",
      (SELECT jsonb_agg(jsonb_build_object('id', w.id, 'events', w.events)) FROM webhook_endpoints w
         WHERE w.mode = ${refund.mode}::"Mode" AND w.status = 'enabled') AS subscribers`;
  if (!row) throw new Error('The database answered a query without a row.');
  if (!row.calendar) throw new Error(`The calendar ${refund.plan.calendarId} of ${refund.id} is not there.`);
  const first = row.recorded?.[0];
  const command = row.command && {
    id: row.command.id,
    kind: row.command.kind,
    refundId: row.command.refund_id,
    principalId: row.command.principal_id,
    personId: row.command.person_id,
    roles: row.command.roles,
    body: row.command.body,
    outcome: row.command.outcome,
    refusalCode: row.command.refusal_code,
    expiresAt: new Date(row.command.expires_at).toISOString(),
  };
  return {
    subscribers: row.subscribers ?? [],
    orderNow: row.orderNow,
    recorded: first ? { transitionId: first.transition_id, state: first.result } : null,
    command,
    answered:
      transition.kind === 'information' && command
        ? readAnswer(
            {
              amountMinor: refund.state.amountMinor,
              description: refund.description,
              lines: await readNamedLines(tx, refund.id),
              amounts: refund.amounts,
            },
            command.body,
          )
        : null,
    loaded: {
      state: refund.state,
      plan: refund.plan,
      calendar: calendarOfText(row.calendar),
      stageCalendars: Object.fromEntries(
        Object.entries(row.stage_calendars ?? {}).map(([id, text]) => [id, calendarOfText(text)]),
      ),
      legs: row.legs ?? [],
      receivedAt: transition.kind === 'receipt' ? receivedAt(command, input.at) : null,
      deciders: row.deciders ?? [],
      behindKey: row.behindKey ?? [],
      candidates: row.candidates ?? [],
      facts: opensStage ? decisionFactsOf({ ...refund, ...row }) : null,
    },
  };
}
