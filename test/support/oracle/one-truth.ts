import type { Client } from '@temporalio/client';
import { getRefundQuery, refundWorkflowId, type RefundWorkflowResult } from '../../../contract';
import { isFinal, waitingForOf, type ProcessState } from '../../../domain/refund';
import type { Movement } from '../../../sandbox';
import type { Database, Db } from '../../../store';
import { sorted, violated, type Violation } from './input';

/**
 * 7, within Postgres. Rows of transitions without a gap, the last one equal to the process and to the columns that lists
 * read; attempts as the legs say.
 */
export async function oneProjection(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({
    include: { transitions: { orderBy: { seq: 'asc' } }, allocations: { include: { attempts: true } } },
  });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const waiting = waitingForOf(state);
    const last = refund.transitions.at(-1);
    const attempts = refund.allocations.flatMap((allocation) =>
      allocation.attempts.map((attempt) => ({ ...attempt, legId: allocation.id })),
    );
    const differs = (what: string, ours: unknown, theirs: unknown): string[] =>
      JSON.stringify(ours) === JSON.stringify(theirs)
        ? []
        : [`${what} is ${JSON.stringify(ours)}, the process says ${JSON.stringify(theirs)}`];
    const found = [
      ...differs('status', refund.status, state.status),
      ...differs('seq', refund.transitionSeq, state.seq),
      ...differs('waiting', [refund.waitingKind, refund.waitingStage], [waiting?.kind ?? null, waiting?.stage ?? null]),
      ...differs(
        'rows',
        refund.transitions.map((row) => row.seq),
        Array.from({ length: state.seq }, (_, i) => i + 1),
      ),
      ...(last ? differs('last row', sorted(last.result), sorted(state)) : []),
      ...(isFinal(refund.status as ProcessState['status']) && waiting ? ['final and waiting'] : []),
      ...state.legs.flatMap((leg) => {
        const attempt = attempts.find((row) => row.legId === leg.id && row.number === leg.attempt);
        // The row says `instructed` before the call leaves, the process hears of it with the call's answer.
        const shown = attempt?.status === 'instructed' ? 'reserved' : attempt?.status;
        return differs(`attempt ${leg.reference}`, [attempt?.reference, shown], [leg.reference, leg.status]);
      }),
    ];
    return found.map((what) => violated('one_truth', `refund ${refund.id}: ${what}`));
  });
}

/** 7, against the provider. Once nothing is under way, an attempt stands where its movement stands. */
export async function oneProviderTruth(db: Db, ledger: Movement[]): Promise<Violation[]> {
  const attempts = await db.paymentAttempt.findMany({ include: { allocation: true } });
  return attempts.flatMap((attempt) => {
    const movements = ledger.filter((movement) => movement.reference === attempt.reference);
    const provider = movements.length === 0 ? 'nothing' : movements.map(({ status }) => status).join(' ');
    const name = `refund ${attempt.allocation.refundId}: attempt ${attempt.reference}`;
    // What was paid by hand no provider knows.
    const expected = attempt.route === 'manual' ? ['nothing'] : EXPECTED[attempt.status];
    return expected?.includes(provider)
      ? []
      : [violated('one_truth', `${name} is ${attempt.status}, the provider has ${provider}`)];
  });
}

/** What the provider may hold for each status of an attempt that nobody works on any more. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  reserved: ['nothing'],
  pending: ['pending'],
  succeeded: ['succeeded'],
  failed: ['nothing', 'failed', 'canceled'],
  returned: ['failed', 'canceled'],
};

/** 7, against the engine. The workflow is where Postgres is. */
export async function oneWorkflowTruth(db: Database, client: Client): Promise<Violation[]> {
  const refunds = await db.refund.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
  const found: Violation[] = [];
  const atOnce = 10;
  for (let i = 0; i < refunds.length; i += atOnce)
    found.push(
      ...(await Promise.all(refunds.slice(i, i + atOnce).map(({ id }) => compareWorkflow(db, client, id)))).flat(),
    );
  return found.map((what) => violated('one_truth', what));
}

async function compareWorkflow(db: Database, client: Client, refundId: string): Promise<string[]> {
  const row = await db.refund.findUniqueOrThrow({ where: { id: refundId }, include: { ticket: true } });
  const handle = client.workflow.getHandle(row.workflowId ?? refundWorkflowId(refundId));
  const description = await handle.describe().catch(() => null);
  if (!description) return [`refund ${refundId}: no workflow`];
  if (description.status.name === 'RUNNING') {
    const { state } = await handle.query(getRefundQuery);
    return sorted(state) === sorted(row.process)
      ? []
      : [
          `refund ${refundId}: the workflow is at ${state.seq} (${state.status}), Postgres at ${row.transitionSeq} (${row.status})`,
        ];
  }
  if (description.status.name !== 'COMPLETED')
    return [`refund ${refundId}: its workflow is ${description.status.name}`];
  const result = (await handle.result()) as RefundWorkflowResult;
  return result.seq === row.transitionSeq && result.status === row.status
    ? []
    : [
        `refund ${refundId}: the workflow ended at ${result.seq} (${result.status}), Postgres at ${row.transitionSeq} (${row.status})`,
      ];
}
