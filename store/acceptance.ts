import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { parseBusinessCalendar } from '../domain/calendar';
import type { AcceptanceFacts, AcceptedPlan, OrderFacts, RequestedLine } from '../domain/process';
import { parsePolicy, type PolicyDocument } from '../domain/policy';
import { waitingForOf, type ExcludedPerson, type Plan, type ProcessState } from '../domain/refund';
import { loadOrderFacts } from './acceptance-facts';
import { chainEntries, refundStream } from './audit';
import type { Database, Db } from './client';
import { writeDeskItems } from './desk-items';
import { newId } from './new-id';
import { writeMessages, writeWebhooks } from './outgoing';
import { newReference } from './reference';
import { applyStageChanges, openRound, skipPendingStages } from './stages';

/** A request as it came through the door, with who brought it. */
export interface NewRefund {
  mode: 'live' | 'test';
  orderExternalId: string;
  amountMinor: number;
  currency: string;
  reasonCode: string;
  description: string;
  channel: string;
  resolution: string;
  evidenceIds: string[];
  requestedBy: { name: string; contact: string } | null;
  externalReference: string | null;
  metadata: Record<string, string>;
  enteredBy: { kind: string; id: string; personId: string | null };
  /** Persons behind the credential: none of them may decide. */
  behindKey: ExcludedPerson[];
  /** Set for a customer's own token: only their own orders. */
  customerId: string | null;
  commandId: string;
}

/** What the decision to accept is made with, read under the locks of the order's payments. */
export interface AcceptanceInput {
  order: OrderFacts;
  policy: PolicyDocument;
  purchasePolicy: PolicyDocument;
  calendar: AcceptanceFacts['calendar'];
  knownEvidence: string[];
  candidates: AcceptanceFacts['candidates'];
  excluded: ExcludedPerson[];
  /** A leg in waiting for each payment, oldest first. */
  payments: AcceptanceFacts['payments'];
}

export type AcceptanceDecision = { accepted: AcceptedPlan; lines: RequestedLine[] };

export class OrderNotFoundError extends Error {
  override name = 'OrderNotFoundError';
}

export class PolicyMissingError extends Error {
  override name = 'PolicyMissingError';
}

/** SHA-256 of a plan in canonical form: what a workflow must present to be this refund's. */
export const planHashOf = (plan: Plan): string =>
  createHash('sha256')
    .update(canonicalize(plan) ?? '')
    .digest('hex');

/**
 * Accepts a refund in one transaction: the order's payments are locked, `decide` judges, and everything that the refund
 * begins with is written, or nothing is. A command that has accepted already answers its refund again.
 *
 * @param decide pure; throws to refuse, and then nothing is kept.
 * @throws OrderNotFoundError, PolicyMissingError, whatever `decide` throws.
 */
export async function acceptRefund(
  db: Database,
  request: NewRefund,
  nowIso: string,
  decide: (input: AcceptanceInput) => AcceptanceDecision,
): Promise<{ refundId: string }> {
  return await db.$transaction(async (tx) => {
    // Locked, so that the same command at work twice accepts once, and the second answers what the first accepted.
    const [command] = await tx.$queryRaw<{ outcome: string; refundId: string | null }[]>`
      SELECT outcome, refund_id AS "refundId" FROM commands WHERE id = ${request.commandId} FOR UPDATE`;
    if (command?.outcome === 'done' && command.refundId) return { refundId: command.refundId };
    const loaded = await loadOrderFacts(tx, request);
    if (!loaded) throw new OrderNotFoundError(`No order ${request.orderExternalId}.`);
    const { policy, purchasePolicy } = await readPolicies(tx, request.mode, loaded.facts.placedAt, nowIso);
    const calendar = await tx.calendar.findUnique({
      where: { mode_id: { mode: request.mode, id: policy.calendarId } },
    });
    if (!calendar)
      throw new PolicyMissingError(
        `The calendar ${policy.calendarId} of ${policy.name}@${policy.version} is not there.`,
      );
    const decision = decide({
      order: loaded.facts,
      policy,
      purchasePolicy,
      calendar: parseBusinessCalendar(calendar.document),
      knownEvidence: loaded.knownEvidence,
      candidates: loaded.candidates,
      excluded: [...request.behindKey, ...loaded.staffCustomers],
      payments: loaded.facts.payments.map((payment) => ({
        id: payment.id,
        provider: payment.provider,
        availableMinor: payment.availableMinor,
        legId: newId('al'),
        reference: newReference(),
      })),
    });
    return await writeAcceptance(tx, request, loaded, decision, nowIso);
  });
}

async function writeAcceptance(
  tx: Db,
  request: NewRefund,
  order: { orderId: string; customerId: string; customerLocale: string; branch: string | null },
  { accepted, lines }: AcceptanceDecision,
  nowIso: string,
): Promise<{ refundId: string }> {
  const at = new Date(nowIso);
  const refundId = newId('rf');
  const { plan, state, effects } = accepted;
  const legs = accepted.declineClause ? [] : state.legs;
  const waiting = waitingForOf(state);
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
          planHash: planHashOf(plan),
          commandId: request.commandId,
        },
        actor: { kind: request.enteredBy.kind, id: request.enteredBy.personId ?? request.enteredBy.id },
      },
      ...effects.audit.map((note) => ({
        type: note.type,
        data: { seq: 0, ...note.data },
        actor: { kind: 'machine', id: null },
      })),
    ],
  );
  await tx.refund.createMany({
    data: {
      id: refundId,
      mode: request.mode,
      orderId: order.orderId,
      customerId: order.customerId,
      status: state.status,
      amountMinor: BigInt(request.amountMinor),
      currency: request.currency,
      reasonCode: request.reasonCode,
      description: request.description,
      channel: request.channel,
      resolution: request.resolution,
      requestedByName: request.requestedBy?.name ?? null,
      requestedByContact: request.requestedBy?.contact ?? null,
      externalReference: request.externalReference,
      metadata: request.metadata,
      branch: order.branch,
      tier: plan.tier,
      snapshotVersion: state.snapshotVersion,
      snapshot: snapshotOf(request, state, lines),
      policyName: plan.policyName,
      policyVersion: plan.policyVersion,
      plan: plan as object,
      planHash: planHashOf(plan),
      process: { ...state, legs } as object,
      waitingKind: waiting?.kind ?? null,
      waitingStage: waiting?.stage ?? null,
      waitingWho: waiting?.who ?? null,
      dueAt: waiting?.dueAt ?? null,
      declineClause: accepted.declineClause,
      transitionSeq: 0,
      auditSeq: chained.head.seq,
      auditHead: chained.head.head,
      enteredByKind: request.enteredBy.kind,
      enteredById: request.enteredBy.id,
      enteredByPersonId: request.enteredBy.personId,
      firstResponseDueAt: accepted.firstResponseDueAt,
      createdAt: at,
      updatedAt: at,
    },
  });
  await openRound(tx, refundId, plan, 1);
  await applyStageChanges(tx, refundId, effects.stages);
  if (accepted.declineClause) await skipPendingStages(tx, refundId);
  else await reserve(tx, request.mode, refundId, legs, lines, at);
  if (request.evidenceIds.length > 0)
    await tx.evidence.updateMany({ where: { id: { in: request.evidenceIds }, refundId: null }, data: { refundId } });
  await tx.auditEvent.createMany({ data: chained.rows });
  await writeMessages(tx, refund, 0, effects.messages, at);
  await writeDeskItems(tx, refund, effects.deskOpen, [], at);
  await tx.startTicket.createMany({ data: { refundId, mode: request.mode, createdAt: at } });
  await tx.command.updateMany({
    where: { id: request.commandId },
    data: { outcome: 'done', refundId, transitionSeq: 0 },
  });
  await writeWebhooks(tx, refund, state, effects.events, at);
  return { refundId };
}

/** What a decision is bound to: a change of any of it makes a new version. */
function snapshotOf(request: NewRefund, state: ProcessState, lines: RequestedLine[]): object {
  return {
    version: state.snapshotVersion,
    amountMinor: request.amountMinor,
    currency: request.currency,
    reasonCode: request.reasonCode,
    destination: 'original',
    allocation: state.legs.map((leg) => ({ paymentId: leg.paymentId, amountMinor: leg.amountMinor })),
    lines: lines.map((line) => ({ lineId: line.lineId, quantity: line.quantity })),
    evidenceIds: request.evidenceIds,
    riskGrade: null,
  };
}

/** Holds the money of every leg and the quantities of every line; the CHECKs are the judge. */
async function reserve(
  tx: Db,
  mode: 'live' | 'test',
  refundId: string,
  legs: ProcessState['legs'],
  lines: RequestedLine[],
  at: Date,
): Promise<void> {
  for (const leg of legs)
    await tx.payment.updateMany({
      where: { id: leg.paymentId },
      data: { reservedMinor: { increment: BigInt(leg.amountMinor) }, updatedAt: at },
    });
  await tx.reservation.createMany({
    data: legs.map((leg) => ({
      refundId,
      paymentId: leg.paymentId,
      mode,
      amountMinor: BigInt(leg.amountMinor),
      state: 'held',
      createdAt: at,
    })),
  });
  await tx.allocation.createMany({
    data: legs.map((leg, position) => ({
      id: leg.id,
      mode,
      refundId,
      paymentId: leg.paymentId,
      position,
      amountMinor: BigInt(leg.amountMinor),
      status: 'reserved',
    })),
  });
  await tx.paymentAttempt.createMany({
    data: legs.map((leg) => ({
      id: newId('at'),
      mode,
      allocationId: leg.id,
      number: leg.attempt,
      reference: leg.reference,
      amountMinor: BigInt(leg.amountMinor),
      status: 'reserved',
      createdAt: at,
      updatedAt: at,
    })),
  });
  if (lines.length === 0) return;
  for (const line of lines)
    await tx.orderLine.updateMany({
      where: { id: line.lineId },
      data: { reservedQuantity: { increment: line.quantity }, reservedMinor: { increment: BigInt(line.amountMinor) } },
    });
  await tx.refundLine.createMany({
    data: lines.map((line) => ({
      refundId,
      orderLineId: line.lineId,
      quantity: line.quantity,
      amountMinor: BigInt(line.amountMinor),
    })),
  });
}

/** The policy in force now, and the one in force at purchase: the latest that had taken effect, else the first ever. */
async function readPolicies(
  tx: Db,
  mode: 'live' | 'test',
  placedAt: string,
  nowIso: string,
): Promise<{ policy: PolicyDocument; purchasePolicy: PolicyDocument }> {
  const versions = await tx.policy.findMany({
    where: { mode, status: 'published', effectiveFrom: { lte: nowIso } },
    orderBy: [{ effectiveFrom: 'desc' }, { version: 'desc' }],
    select: { document: true, effectiveFrom: true },
  });
  const current = versions[0];
  if (!current) throw new PolicyMissingError('No policy is in force.');
  const atPurchase =
    versions.find((version) => version.effectiveFrom.toISOString() <= placedAt) ?? versions.at(-1) ?? current;
  const policy = parsePolicy(current.document);
  return { policy, purchasePolicy: atPurchase === current ? policy : parsePolicy(atPurchase.document) };
}

/** What a refund's workflow starts with, from its stored row; null when there is no such refund or it has started. */
export async function readWorkflowStart(
  db: Db,
  refundId: string,
): Promise<{ refundId: string; planHash: string; plan: Plan; currency: string; state: ProcessState } | null> {
  const row = await db.refund.findFirst({
    where: { id: refundId, ticket: { consumedAt: null } },
    select: { planHash: true, plan: true, currency: true, process: true },
  });
  return (
    row && {
      refundId,
      planHash: row.planHash,
      plan: row.plan as unknown as Plan,
      currency: row.currency,
      state: row.process as unknown as ProcessState,
    }
  );
}
