import type { Client } from '@temporalio/client';
import { getRefundQuery, refundWorkflowId, type RefundWorkflowResult } from '../../contract';
import { isFinal, waitingForOf, type Plan, type ProcessState } from '../../domain/refund';
import type { Movement } from '../../sandbox';
import { auditHash, toMinor, type Database, type Db } from '../../store';

/** What a check found wrong, in words that name the refund or payment. */
export type Violation = string;

export interface OracleInput {
  db: Database;
  ledger: Movement[];
  /** Null: only Postgres and the provider are compared. */
  client: Client | null;
}

/**
 * The invariants that hold after every test once nothing is under way: money sums, one movement a leg, nothing final
 * without evidence, different people, an unbroken audit chain, no letter lost without a trace, and one truth in the
 * workflow, in Postgres and at the provider. Answers everything that is broken; an empty list is a proof.
 */
export async function findViolations({ db, ledger, client }: OracleInput): Promise<Violation[]> {
  const violations = await db.$transaction(
    async (tx) => [
      ...(await moneyViolations(tx, ledger)),
      ...(await movementViolations(tx, ledger)),
      ...(await decisionViolations(tx)),
      ...(await auditViolations(tx)),
      ...(await projectionViolations(tx)),
      ...(await letterViolations(tx)),
    ],
    // One moment of the database: letters may still be on their way, and each leaves its own audit event.
    { isolationLevel: 'RepeatableRead', timeout: 30_000 },
  );
  if (!client) return violations;
  const refunds = await db.refund.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
  const atOnce = 10;
  for (let i = 0; i < refunds.length; i += atOnce)
    violations.push(
      ...(await Promise.all(refunds.slice(i, i + atOnce).map(({ id }) => workflowViolations(db, client, id)))).flat(),
    );
  return violations;
}

const moved = (movement: Movement): boolean => movement.status === 'succeeded' || movement.status === 'pending';

const sumOf = <T>(items: T[], amount: (item: T) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);

/** Never more than was captured, by our books and by the provider's; reserved and refunded are what their rows add up to. */
async function moneyViolations(db: Db, ledger: Movement[]): Promise<Violation[]> {
  const payments = await db.payment.findMany({
    include: { allocations: { include: { attempts: true } }, reservations: true },
  });
  return payments.flatMap((payment) => {
    const captured = toMinor(payment.capturedMinor);
    const refunded = toMinor(payment.refundedMinor);
    const reserved = toMinor(payment.reservedMinor);
    const attempts = payment.allocations.flatMap((allocation) => allocation.attempts);
    const succeeded = sumOf(
      attempts.filter((attempt) => attempt.status === 'succeeded'),
      (attempt) => toMinor(attempt.amountMinor),
    );
    const held = sumOf(
      payment.reservations.filter((reservation) => reservation.state === 'held'),
      (reservation) => toMinor(reservation.amountMinor) - toMinor(reservation.settledMinor),
    );
    const provider = sumOf(
      ledger.filter((movement) => movement.paymentId === payment.providerPaymentId && moved(movement)),
      (movement) => movement.amountMinor,
    );
    return [
      ...(refunded + reserved > captured ? [`payment ${payment.id}: ${refunded}+${reserved} of ${captured}`] : []),
      ...(provider > captured ? [`payment ${payment.id}: the provider moved ${provider} of ${captured}`] : []),
      ...(refunded !== succeeded ? [`payment ${payment.id}: refunded ${refunded}, attempts say ${succeeded}`] : []),
      ...(reserved !== held ? [`payment ${payment.id}: reserved ${reserved}, reservations say ${held}`] : []),
    ];
  });
}

/** One movement a leg that is paid, none for one that is not, and no movement that nobody asked for. */
async function movementViolations(db: Db, ledger: Movement[]): Promise<Violation[]> {
  const attempts = await db.paymentAttempt.findMany({ include: { allocation: { include: { refund: true } } } });
  const known = new Set(attempts.map((attempt) => attempt.reference));
  const strangers = ledger.filter((movement) => !known.has(movement.reference));
  return [
    ...strangers.map((movement) => `movement ${movement.reference}: no attempt has this reference`),
    ...attempts.flatMap((attempt) => {
      const movements = ledger.filter((movement) => movement.reference === attempt.reference && moved(movement));
      const name = `attempt ${attempt.reference} (${attempt.status}, refund ${attempt.allocation.refund.status})`;
      if (movements.length > 1) return [`${name}: paid ${movements.length} times`];
      const [only] = movements;
      if (attempt.status === 'succeeded')
        return only?.status === 'succeeded' && only.amountMinor === toMinor(attempt.amountMinor)
          ? []
          : [`${name}: paid without a movement of its amount`];
      if (only && attempt.status === 'reserved') return [`${name}: moved before it was instructed`];
      if (only && attempt.status === 'failed') return [`${name}: moved and said to have failed`];
      return [];
    }),
  ];
}

/** Different people approved every stage of what was paid; nobody who asked decided; each decision has its command. */
async function decisionViolations(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({ include: { decisions: { include: { command: true } } } });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const plan = refund.plan as unknown as Plan;
    const ofRound = refund.decisions.filter((one) => one.round === state.round && one.decision === 'approve');
    const persons = new Set(ofRound.map((one) => one.personId));
    const seats = sumOf(plan.stages, (stage) => stage.quorum);
    const isPaying = ['paying', 'payment_unknown', 'payment_failed', 'paid', 'arrived'].includes(refund.status);
    return [
      ...(persons.size !== ofRound.length ? [`refund ${refund.id}: one person approved twice`] : []),
      ...(isPaying && persons.size !== seats ? [`refund ${refund.id}: ${persons.size} approved ${seats} seats`] : []),
      ...refund.decisions.flatMap((one) => [
        ...(one.personId === refund.enteredByPersonId ? [`refund ${refund.id}: decided by who entered it`] : []),
        ...(one.command.outcome !== 'done' || one.command.personId !== one.personId
          ? [`refund ${refund.id}: decision ${one.id} is not what its command states`]
          : []),
      ]),
    ];
  });
}

/** Every chain verifies from its first event to the head, and every transition left a trace in it. */
async function auditViolations(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({
    select: { id: true, auditSeq: true, auditHead: true, transitionSeq: true },
  });
  const events = await db.auditEvent.findMany({ where: { refundId: { not: null } }, orderBy: { seq: 'asc' } });
  return refunds.flatMap((refund) => {
    const chain = events.filter((event) => event.refundId === refund.id);
    const broken = chain.flatMap((event, i) => {
      const { prevHash, hash, ...row } = event;
      const expected = auditHash(prevHash, { ...row, data: row.data as object });
      return event.seq === i + 1 && prevHash === (chain[i - 1]?.hash ?? '') && hash === expected
        ? []
        : [`refund ${refund.id}: audit event ${event.seq} does not verify`];
    });
    const seen = new Set(chain.map((event) => (event.data as { seq?: number }).seq));
    const silent = Array.from({ length: refund.transitionSeq + 1 }, (_, seq) => seq).filter((seq) => !seen.has(seq));
    const last = chain.at(-1);
    return [
      ...broken,
      ...(last?.hash !== refund.auditHead || last.seq !== refund.auditSeq
        ? [`refund ${refund.id}: the audit head is not the last event`]
        : []),
      ...silent.map((seq) => `refund ${refund.id}: transition ${seq} left no audit event`),
    ];
  });
}

/** Rows of transitions without a gap, the last one equal to the process and to the columns that lists read. */
async function projectionViolations(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({ include: { transitions: { orderBy: { seq: 'asc' } }, deskItems: true } });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const waiting = waitingForOf(state);
    const last = refund.transitions.at(-1);
    const differs = (what: string, ours: unknown, theirs: unknown): Violation[] =>
      JSON.stringify(ours) === JSON.stringify(theirs)
        ? []
        : [`refund ${refund.id}: ${what} is ${JSON.stringify(ours)}, the process says ${JSON.stringify(theirs)}`];
    const unattended = state.legs.filter(
      (leg) =>
        (leg.status === 'unknown' || leg.status === 'pending') &&
        leg.nextQueryAt === null &&
        !refund.deskItems.some((item) => item.kind === 'payment_unresolved' && item.status === 'open'),
    );
    return [
      ...differs('status', refund.status, state.status),
      ...differs('seq', refund.transitionSeq, state.seq),
      ...differs('waiting', [refund.waitingKind, refund.waitingStage], [waiting?.kind ?? null, waiting?.stage ?? null]),
      ...differs(
        'rows',
        refund.transitions.map((row) => row.seq),
        Array.from({ length: state.seq }, (_, i) => i + 1),
      ),
      ...(last ? differs('last row', sorted(last.result), sorted(state)) : []),
      ...(isFinal(refund.status as ProcessState['status']) && waiting
        ? [`refund ${refund.id}: final and waiting`]
        : []),
      ...unattended.map((leg) => `refund ${refund.id}: nobody asks about leg ${leg.id} (${leg.status})`),
    ];
  });
}

/** A letter is sent, waits for its time, or is dead with a desk item that says so. */
async function letterViolations(db: Db): Promise<Violation[]> {
  const dead = await db.message.findMany({ where: { status: 'dead' } });
  const items = await db.deskItem.findMany({ where: { refundId: { in: dead.map((one) => one.refundId) } } });
  return dead
    .filter((letter) => !items.some((item) => item.refundId === letter.refundId))
    .map((letter) => `message ${letter.id}: dead without a desk item`);
}

async function workflowViolations(db: Database, client: Client, refundId: string): Promise<Violation[]> {
  const row = await db.refund.findUniqueOrThrow({ where: { id: refundId }, include: { ticket: true } });
  const handle = client.workflow.getHandle(refundWorkflowId(refundId));
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

/** JSON with sorted keys: Postgres does not keep the order of what it stores. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
