import { destinationInSnapshot } from '../domain/destination';
import type { AcceptedPlan, RequestedLine, StageChange } from '../domain/process';
import { isAppealable, waitingForOf, type ProcessState, type RefundAmounts } from '../domain/refund';
import type { RiskAssessment } from '../domain/risk';
import type { LoadedOrder } from './acceptance-facts';
import type { AcceptanceDecision, AcceptanceInput, NewRefund } from './acceptance-input';
import { chainEntries, insertAudit, refundStream, type AuditHead } from './audit';
import { insertDeskItems } from './desk-items';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { insertMessages, insertWebhooks, wantedBy } from './outgoing';
import type { StoredRefund } from './refund-views';
import { asJson, sideBySide, type Fragment } from './rows';
import type { TransactionStatements } from './statements';
import { snapshotHashOf } from './snapshots';
import { insertRound, roundOf } from './stages';
import { planHashOf, type WorkflowStart } from './workflow-start';

export interface Acceptance {
  refundId: string;
  /** What its workflow starts with; null when the command had accepted it before. */
  start: WorkflowStart | null;
  /** The answer that is kept with the command, as `answer` gave it; null when none is. */
  answer: string | null;
}

export interface AcceptanceOptions {
  /**
   * What the command is answered with, as serialised JSON, when that can be said from what is written: it is kept in the same
   * transaction. Null leaves the answer to whoever accepts.
   */
  answer?: (record: StoredRefund, input: AcceptanceInput) => { status: number; body: string } | null;
  /**
   * Others are at this order: looks before it asks for the locks, so that a request which must be refused waits for nobody
   * and keeps nobody waiting. A refusal is true of the instant that was looked at.
   */
  looksFirst?: boolean;
}

/** Writes everything that a refund begins with. The transaction ends with it. */
export async function writeAcceptance(
  tx: TransactionStatements,
  request: NewRefund,
  order: LoadedOrder,
  input: AcceptanceInput,
  { accepted, lines, amounts }: AcceptanceDecision,
  nowIso: string,
  options: AcceptanceOptions,
): Promise<Acceptance> {
  const at = new Date(nowIso);
  const refundId = newId('rf');
  const { plan, effects } = accepted;
  // What the machine declines for good takes nothing from the payments; what can be appealed is held meanwhile.
  const reserves = accepted.declineClause === null || isAppealable(accepted.state);
  const legs = reserves ? accepted.state.legs : [];
  const state = { ...accepted.state, legs };
  const planHash = planHashOf(plan);
  const snapshot = snapshotOf(request, accepted.state, { lines, amounts }, accepted.evaluation.risk, order);
  const refund = { id: refundId, mode: request.mode, customerLocale: order.customerLocale };
  const chained = chainEntries(
    { name: refundStream(refundId), mode: request.mode, refundId },
    { seq: 0, head: '' },
    nowIso,
    [
      {
        type: 'refund.accepted',
        data: {
          seq: 0,
          amountMinor: request.amountMinor,
          currency: request.currency,
          tier: plan.tier,
          policyVersion: `${plan.policyName}@${plan.policyVersion}`,
          ...amountsInAudit(state, amounts),
          ...riskInAudit(accepted),
          ...(accepted.facts.listed?.length ? { listed: accepted.facts.listed } : {}),
          planHash,
          commandId: request.commandId,
        },
        actor: { kind: request.enteredBy.kind, id: request.enteredBy.personId ?? request.enteredBy.id },
      },
      ...effects.audit.map((note) => ({
        type: note.type,
        data: {
          seq: 0,
          ...note.data,
          // As a person's decision keeps it: what is paid is compared with it.
          ...(note.type === 'refund.approved_by_policy'
            ? { snapshotVersion: state.snapshotVersion, snapshotHash: snapshotHashOf(snapshot) }
            : {}),
        },
        actor: { kind: 'machine', id: null },
      })),
    ],
  );
  const record = recordOf(request, order, input, { ...accepted, state }, { refundId, amounts, nowIso });
  const answer = options.answer?.(record, input) ?? null;
  const parts: Fragment[] = [
    insertRefund(request, order, accepted, {
      refundId,
      planHash,
      legs,
      amounts,
      snapshot,
      audit: chained.head,
      nowIso,
    }),
    insertRound(refund, plan, 1, closedWhenDeclined(accepted)),
    insertAudit(chained.rows),
    insertMessages(refund, 0, effects.messages, nowIso),
    Prisma.sql`INSERT INTO start_tickets (refund_id, mode, created_at) VALUES (${refundId}, ${request.mode}::"Mode", ${nowIso}::timestamptz)`,
    useCommand(request.commandId, refundId, answer),
  ];
  if (reserves) parts.push(...reserve(request.mode, refundId, legs, accepted.accounting, lines, nowIso));
  if (effects.deskOpen.length > 0) parts.push(insertDeskItems(refund, effects.deskOpen, nowIso));
  if (request.evidenceIds.length > 0)
    parts.push(
      Prisma.sql`UPDATE evidence SET refund_id = ${refundId} WHERE id = ANY(${request.evidenceIds}) AND refund_id IS NULL`,
    );
  if (wantedBy(order.subscribers, effects.events))
    parts.push(insertWebhooks(record, state.seq, effects.events, order.subscribers, at));
  await tx.$executeLast(sideBySide(parts));
  return {
    refundId,
    start: { refundId, planHash, plan, currency: request.currency, state },
    answer: answer?.body ?? null,
  };
}

const useCommand = (commandId: string, refundId: string, answer: { status: number; body: string } | null): Fragment =>
  answer === null
    ? Prisma.sql`UPDATE commands SET outcome = 'done', refund_id = ${refundId}, transition_seq = 0 WHERE id = ${commandId}`
    : Prisma.sql`
      UPDATE commands SET outcome = 'done', refund_id = ${refundId}, transition_seq = 0, response_status = ${answer.status}::int,
        response_body = ${asJson(answer.body)}::jsonb, lease_until = NULL
      WHERE id = ${commandId}`;

/** What readRefund would read, as it is about to be written. */
function recordOf(
  request: NewRefund,
  order: LoadedOrder,
  input: AcceptanceInput,
  accepted: AcceptedPlan,
  { refundId, amounts, nowIso }: { refundId: string; amounts: RefundAmounts; nowIso: string },
): StoredRefund {
  const { plan, state } = accepted;
  const externalIds = new Map([
    ...input.order.payments.map((payment) => [payment.id, payment.externalId] as const),
    // A budget's money is a payment that is called as the budget is.
    ...(input.goodwill?.budgets ?? []).map((budget) => [budget.paymentId, budget.budgetId] as const),
  ]);
  return {
    id: refundId,
    mode: request.mode,
    orderId: order.orderId,
    customerId: order.customerId,
    orderExternalId: request.orderExternalId,
    amountMinor: request.amountMinor,
    paidAmountMinor: 0,
    currency: request.currency,
    reasonCode: request.reasonCode,
    channel: request.channel,
    resolution: request.resolution,
    externalReference: request.externalReference,
    metadata: request.metadata,
    branch: order.branch,
    workflowId: null,
    policyName: plan.policyName,
    policyVersion: plan.policyVersion,
    declineClause: accepted.declineClause,
    plan,
    process: state,
    stages: roundOf(plan, closedWhenDeclined(accepted)).map(({ stageId, status, dueAt }) => ({
      stageId,
      status,
      dueAt: dueAt ?? null,
    })),
    paymentExternalIds: Object.fromEntries(
      state.legs.map(({ paymentId }) => [paymentId, externalIds.get(paymentId) ?? paymentId]),
    ),
    amounts,
    accounting: Object.fromEntries(
      state.legs.flatMap(({ id }) => {
        const accounting = accepted.accounting[id];
        return accounting
          ? [[id, { ...accounting, settlementRate: null, exchangeDifferenceMinor: null, exchangeBookedAt: null }]]
          : [];
      }),
    ),
    arrivalFrom: null,
    arrivalTo: null,
    arrivalConfirmedAt: null,
    enteredByKind: request.enteredBy.kind,
    enteredById: request.enteredBy.id,
    enteredByPersonId: request.enteredBy.personId,
    createdAt: nowIso,
    updatedAt: nowIso,
  };
}

/** How the amount was spread, what was kept back and what is given, as far as it is not the usual: codes, never words. */
const amountsInAudit = (state: ProcessState, { deductions, goodwill }: RefundAmounts): Record<string, unknown> => ({
  ...(state.allocation ? { allocation: state.allocation } : {}),
  ...(deductions.length > 0 ? { deductions: deductions.map(({ code, amountMinor }) => ({ code, amountMinor })) } : {}),
  ...(goodwill ? { goodwill: { code: goodwill.code, amountMinor: goodwill.amountMinor } } : {}),
});

/** The score and what it is made of: codes and points. */
const riskInAudit = ({ evaluation: { risk } }: AcceptedPlan): Record<string, unknown> =>
  risk === null || risk.score === 0
    ? {}
    : {
        risk: {
          score: risk.score,
          grade: risk.grade,
          reasons: risk.reasons.map(({ signal, points }) => ({ signal, points })),
        },
      };

/** Declined by the machine: no stage was ever open, and none will be. */
const closedWhenDeclined = ({ declineClause, effects, plan }: AcceptedPlan): StageChange[] =>
  declineClause
    ? [
        ...effects.stages,
        ...plan.stages.slice(1).map((stage) => ({ stageId: stage.id, round: 1, status: 'skipped' as const })),
      ]
    : effects.stages;

function insertRefund(
  request: NewRefund,
  order: LoadedOrder,
  { evaluation, facts, plan, state, declineClause, firstResponseDueAt }: AcceptedPlan,
  row: {
    refundId: string;
    planHash: string;
    legs: ProcessState['legs'];
    amounts: RefundAmounts;
    snapshot: object;
    audit: AuditHead;
    nowIso: string;
  },
): Fragment {
  const waiting = waitingForOf(state);
  const { enteredBy, requestedBy } = request;
  return Prisma.sql`
    INSERT INTO refunds (id, mode, order_id, customer_id, status, amount_minor, currency, reason_code, description, channel,
      resolution, requested_by_name, requested_by_contact, external_reference, metadata, branch, tier, snapshot_version,
      snapshot, amounts, facts, risk, policy_name, policy_version, plan, plan_hash, process, waiting_kind, waiting_stage, waiting_who, due_at,
      decline_clause, transition_seq, audit_seq, audit_head, entered_by_kind, entered_by_id, entered_by_person_id,
      first_response_due_at, created_at, updated_at)
    VALUES (${row.refundId}, ${request.mode}::"Mode", ${order.orderId}, ${order.customerId}, ${state.status},
      ${request.amountMinor}::bigint, ${request.currency}, ${request.reasonCode}, ${request.description}, ${request.channel},
      ${request.resolution}, ${requestedBy?.name ?? null}, ${requestedBy?.contact ?? null}, ${request.externalReference},
      ${asJson(request.metadata)}::jsonb, ${order.branch}, ${plan.tier}, ${state.snapshotVersion}::int,
      ${asJson(row.snapshot)}::jsonb, ${asJson(row.amounts)}::jsonb,
      ${asJson(facts)}::jsonb, ${evaluation.risk === null ? null : asJson(evaluation.risk)}::jsonb, ${plan.policyName}, ${plan.policyVersion}::int,
      ${asJson(plan)}::jsonb, ${row.planHash}, ${asJson({ ...state, legs: row.legs })}::jsonb, ${waiting?.kind ?? null},
      ${waiting?.stage ?? null}, ${waiting?.who ?? null}, ${waiting?.dueAt ?? null}::timestamptz, ${declineClause}, 0,
      ${row.audit.seq}::int, ${row.audit.head}, ${enteredBy.kind}, ${enteredBy.id}, ${enteredBy.personId},
      ${firstResponseDueAt}::timestamptz, ${row.nowIso}::timestamptz, ${row.nowIso}::timestamptz)`;
}

/** What a decision is bound to: a change of any of it makes a new version. */
function snapshotOf(
  request: NewRefund,
  state: ProcessState,
  { lines, amounts }: { lines: RequestedLine[]; amounts: RefundAmounts },
  risk: RiskAssessment | null,
  { destination, stated }: LoadedOrder,
): object {
  return {
    version: state.snapshotVersion,
    amountMinor: request.amountMinor,
    currency: request.currency,
    reasonCode: request.reasonCode,
    destination: destination === null ? 'original' : destinationInSnapshot(destination),
    allocation: state.legs.map((leg) => ({ paymentId: leg.paymentId, amountMinor: leg.amountMinor })),
    allocationStrategy: state.allocation ?? 'original_first',
    shippingMinor: amounts.shippingMinor,
    deductions: amounts.deductions.map(({ code, amountMinor }) => ({ code, amountMinor })),
    ...(amounts.goodwill
      ? { goodwill: { code: amounts.goodwill.code, amountMinor: amounts.goodwill.amountMinor } }
      : {}),
    lines: lines.map((line) => ({ lineId: line.lineId, quantity: line.quantity })),
    evidenceIds: request.evidenceIds,
    riskGrade: risk?.grade ?? null,
    order: stated,
  };
}

/** Holds the money of every leg and the quantities of every line; the CHECKs are the judge. */
function reserve(
  mode: 'live' | 'test',
  refundId: string,
  legs: ProcessState['legs'],
  accounting: AcceptedPlan['accounting'],
  lines: RequestedLine[],
  nowIso: string,
): Fragment[] {
  const rows = legs.map((leg, position) => ({
    ...leg,
    position,
    attemptId: newId('at'),
    route: leg.route ?? 'original',
    accountingCurrency: accounting[leg.id]?.currency,
    accountingRate: accounting[leg.id]?.rate,
    accountingMinor: accounting[leg.id]?.amountMinor,
  }));
  const leg = Prisma.sql`jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(id text, "paymentId" text, position int,
    "attemptId" text, route text, "destinationId" text, attempt int, reference text, "amountMinor" bigint, "accountingCurrency" text, "accountingRate" text,
    "accountingMinor" bigint)`;
  const now = Prisma.sql`${nowIso}::timestamptz`;
  const parts = [
    Prisma.sql`
      UPDATE payments p SET reserved_minor = p.reserved_minor + x."amountMinor", updated_at = ${now}
      FROM ${leg} WHERE p.id = x."paymentId"`,
    Prisma.sql`
      INSERT INTO reservations (refund_id, payment_id, mode, amount_minor, state, created_at)
      SELECT ${refundId}, x."paymentId", ${mode}::"Mode", x."amountMinor", 'held', ${now} FROM ${leg}`,
    Prisma.sql`
      INSERT INTO allocations (id, mode, refund_id, payment_id, position, amount_minor, status, accounting_currency,
        accounting_rate, accounting_minor)
      SELECT x.id, ${mode}::"Mode", ${refundId}, x."paymentId", x.position, x."amountMinor", 'reserved',
        x."accountingCurrency", x."accountingRate", x."accountingMinor" FROM ${leg}`,
    Prisma.sql`
      INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, route, destination_id,
        created_at, updated_at)
      SELECT x."attemptId", ${mode}::"Mode", x.id, x.attempt, x.reference, x."amountMinor", 'reserved', x.route,
        x."destinationId", ${now}, ${now} FROM ${leg}`,
  ];
  if (lines.length === 0) return parts;
  const line = Prisma.sql`jsonb_to_recordset(${asJson(lines)}::jsonb) AS x("lineId" text, quantity int, "amountMinor" bigint)`;
  return [
    ...parts,
    Prisma.sql`
      UPDATE order_lines l SET reserved_quantity = l.reserved_quantity + x.quantity,
        reserved_minor = l.reserved_minor + x."amountMinor"
      FROM ${line} WHERE l.id = x."lineId"`,
    Prisma.sql`
      INSERT INTO refund_lines (refund_id, mode, order_line_id, quantity, amount_minor)
      SELECT ${refundId}, ${mode}::"Mode", x."lineId", x.quantity, x."amountMinor" FROM ${line}`,
  ];
}
