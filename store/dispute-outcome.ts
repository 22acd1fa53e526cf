import { canEndAs, isExpired, type DisputeOutcome } from '../domain/payment';
import type { Database, Db } from './client';
import { readDispute, type DisputeRecord } from './dispute-views';
import { lockWithRefunds, recordDispute } from './disputes';
import { auditWord, sayWord, type PersonAct, type TwoPersonStep, type WordOutcome } from './two-person';

/** What became of a word on how a dispute ended. */
export type EndingOutcome =
  | WordOutcome<DisputeRecord>
  /** Its provider tells of it, and ends it. */
  | { kind: 'provider_decides' };

/**
 * One person says how what a person froze has ended; the payment stays frozen until another one confirms. A later proposal
 * takes the place of one that nobody confirmed.
 */
export async function proposeDisputeOutcome(
  db: Database,
  act: PersonAct,
  id: string,
  { outcome, reason }: { outcome: DisputeOutcome; reason: string },
): Promise<EndingOutcome> {
  return sayOfPersons(db, act, id, outcome, {
    ...stepOf(act, id, outcome),
    event: 'payment.dispute_outcome_proposed',
    waiting: ({ state, proposal }) => {
      if (!canEndAs(state, outcome)) return null;
      const isSaid =
        proposal?.proposedBy === act.personId && proposal.outcome === outcome && proposal.reason === reason;
      const isOpen =
        proposal !== null && !isExpired({ personId: proposal.proposedBy, at: proposal.proposedAt }, act.nowIso);
      return isSaid && isOpen ? 'repeated' : 'alone';
    },
    write: async (tx) => {
      await tx.dispute.update({
        where: { id },
        data: {
          proposedOutcome: outcome,
          proposedReason: reason,
          proposedBy: act.personId,
          proposedAt: new Date(act.nowIso),
        },
      });
      return mustRead(tx, act, id);
    },
  });
}

/**
 * Another person confirms: the dispute has ended, by the course of one that its provider ends. The outcome is named again, so
 * that nobody confirms what was proposed in its place meanwhile.
 */
export async function confirmDisputeOutcome(
  db: Database,
  act: PersonAct,
  id: string,
  outcome: DisputeOutcome,
): Promise<EndingOutcome> {
  return sayOfPersons(db, act, id, outcome, {
    ...stepOf(act, id, outcome),
    event: 'payment.dispute_outcome_confirmed',
    waiting: ({ state, proposal, ending }) => {
      if (proposal?.outcome === outcome) return { personId: proposal.proposedBy, at: proposal.proposedAt };
      return state === outcome && ending?.confirmedBy === act.personId ? 'repeated' : null;
    },
    write: async (tx, row) => {
      if (!row.proposal) throw new Error(`Nothing is proposed for the dispute ${id}.`);
      const { reason, proposedBy } = row.proposal;
      const { personId, commandId, nowIso } = act;
      await recordDispute(
        tx,
        {
          mode: act.mode,
          provider: row.provider,
          merchantAccount: row.merchantAccount,
          teller: {
            kind: 'person',
            personId,
            commandId,
            kept: {
              outcomeReason: reason,
              outcomeProposedBy: proposedBy,
              outcomeConfirmedBy: personId,
              proposedOutcome: null,
              proposedReason: null,
              proposedBy: null,
              proposedAt: null,
            },
          },
          occurredAt: afterwards(row.occurredAt, nowIso),
        },
        {
          providerDisputeId: id,
          providerPaymentIds: row.providerPaymentIds,
          status: outcome,
          amountMinor: row.amountMinor,
          currency: row.currency,
          reasonCode: row.reasonCode,
        },
        nowIso,
      );
      const after = await mustRead(tx, act, id);
      if (after.state !== outcome) throw new Error(`The dispute ${id} has not ended as ${outcome}.`);
      return after;
    },
  });
}

/** An end comes after what it ends, also where the clock of who confirms is behind that of who froze. ISO instants. */
const afterwards = (storedIso: string, nowIso: string): string =>
  new Date(Math.max(Date.parse(nowIso), Date.parse(storedIso) + 1)).toISOString();

/** sayWord for what a person froze. A provider's dispute is refused before anything is locked: what it is never changes. */
async function sayOfPersons(
  db: Database,
  act: PersonAct,
  id: string,
  outcome: DisputeOutcome,
  step: TwoPersonStep<DisputeRecord>,
): Promise<EndingOutcome> {
  const found = await readDispute(db, act.mode, id);
  if (found?.source !== 'provider') return sayWord(db, act, step);
  await db.$transaction((tx) =>
    auditWord(tx, act, `${step.event}_refused`, { ...factsOf(found, outcome), reason: 'provider_decides' }),
  );
  return { kind: 'provider_decides' };
}

/** Locked in the order of whatever pays: refunds, payment, dispute. */
const stepOf = (
  act: PersonAct,
  id: string,
  outcome: DisputeOutcome,
): Pick<TwoPersonStep<DisputeRecord>, 'load' | 'facts'> => ({
  load: async (tx) => {
    const seen = await readDispute(tx, act.mode, id);
    if (!seen) return null;
    if (seen.paymentId !== null) await lockWithRefunds(tx, seen.paymentId);
    await tx.$queryRaw`SELECT id FROM disputes WHERE id = ${id} FOR UPDATE`;
    return readDispute(tx, act.mode, id);
  },
  facts: (dispute) => factsOf(dispute, outcome),
});

const factsOf = ({ id, paymentId, state }: DisputeRecord, outcome: DisputeOutcome): Record<string, unknown> => ({
  disputeId: id,
  paymentId,
  state,
  outcome,
});

async function mustRead(tx: Db, { mode }: PersonAct, id: string): Promise<DisputeRecord> {
  const dispute = await readDispute(tx, mode, id);
  if (!dispute) throw new Error(`The dispute ${id} went while it was locked.`);
  return dispute;
}
