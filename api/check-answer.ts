import { findEvidence, readOrderLinesOf, type Db, type StoredRefund } from '../store';
import { Problem } from './problems';
import type { AppealBody, InformationBody } from './schemas/refunds';
import type { Principal } from './types';

/**
 * Whether an answer fits its refund: it may lower the amount, name lines of the order, and point to evidence that its
 * sender may use. @throws Problem amount_not_allowed, contradictory_facts, evidence_not_found
 */
export async function checkInformation(
  db: Db,
  refund: StoredRefund,
  body: InformationBody,
  principal: Principal,
): Promise<void> {
  const { amountMinor, lines, evidenceIds } = body;
  if (amountMinor !== undefined && amountMinor > refund.process.amountMinor)
    throw new Problem('amount_not_allowed', {
      params: { atMostMinor: refund.process.amountMinor },
      extra: { atMostMinor: refund.process.amountMinor },
    });
  if (lines) {
    const ordered = new Map((await readOrderLinesOf(db, refund.orderId)).map((line) => [line.externalId, line]));
    for (const { externalId, quantity } of lines) {
      const line = ordered.get(externalId);
      if (!line) throw contradiction(`The order has no line ${externalId}.`);
      if (quantity > line.quantity) throw contradiction(`Line ${externalId} has a quantity of ${line.quantity}.`);
    }
  }
  for (const id of evidenceIds ?? []) await requireEvidence(db, refund, id, principal);
}

/** Whether an appeal points to evidence that its sender may use. @throws Problem evidence_not_found */
export async function checkAppeal(
  db: Db,
  refund: StoredRefund,
  { evidenceIds }: AppealBody,
  principal: Principal,
): Promise<void> {
  for (const id of evidenceIds ?? []) await requireEvidence(db, refund, id, principal);
}

/** Banks state a date, people the midnight at which it began, wherever they are. */
const A_DAY_MS = 86_400_000;

/**
 * Whether a confirmation of arrival can be true, and whether staff bring proof.
 * @throws Problem invalid_request, contradictory_facts, evidence_not_found
 */
export async function checkProof(
  db: Db,
  refund: StoredRefund,
  body: { arrivedAt: string; proof?: string | undefined },
  principal: Principal,
  now: Date,
): Promise<void> {
  if (principal.kind !== 'customer' && body.proof === undefined)
    throw new Problem('invalid_request', {
      errors: [{ path: 'proof', code: 'required', message: 'Staff confirm an arrival with proof: an evidence id.' }],
    });
  const arrivedAt = Date.parse(body.arrivedAt);
  if (arrivedAt > now.getTime()) throw contradiction('The arrival lies in the future.');
  if (arrivedAt < Date.parse(refund.createdAt)) throw contradiction('The arrival lies before the request.');
  const paidAt = refund.process.arrival?.paidAt;
  if (paidAt !== undefined && arrivedAt < Date.parse(paidAt) - A_DAY_MS)
    throw contradiction('The arrival lies before the payment.');
  if (body.proof !== undefined) await requireEvidence(db, refund, body.proof, principal);
}

async function requireEvidence(db: Db, refund: StoredRefund, id: string, principal: Principal): Promise<void> {
  const evidence = await findEvidence(db, principal.mode, id);
  const isTheirs = principal.kind !== 'customer' || evidence?.customerId === principal.customerId;
  if (!evidence || !isTheirs || (evidence.refundId !== null && evidence.refundId !== refund.id))
    throw new Problem('evidence_not_found', { params: { evidenceId: id }, extra: { evidenceId: id } });
}

const contradiction = (reason: string): Problem => new Problem('contradictory_facts', { params: { reason } });
