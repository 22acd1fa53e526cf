import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { version } from '../../package.json';
import {
  confirmReceiptUpdate,
  decideStageSignal,
  decideStageUpdate,
  DELIVERY_WORKFLOW_ID,
  getRefundQuery,
  providerEventSignal,
  RECONCILE_WORKFLOW_TYPE,
  reconcileWorkflowId,
  REFUND_RETURN_WORKFLOW_TYPE,
  REFUNDS_QUEUE,
  refundReturnStart,
  refundReturnWorkflowId,
} from '../../contract';
import { addDays, dayOf } from '../../domain/reconciliation';
import type { DecisionContent, DeskAction, ProcessState } from '../../domain/refund';
import { SettlementNotReadyError } from '../../integrations/payments';
import { claimRefundRun, createEvidence, readRefundRun, type NewProviderEvent } from '../../store';
import { newId } from '../../store';
import { startTestWorkers } from '../support/test-workers';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { approveFile, enterDestination, tendBankTransfers } from '../support/destinations';
import {
  approve,
  commandMessage,
  decisionMessage,
  decline,
  openWorld,
  refusalOf,
  rolesOf,
  type World,
} from '../support/world';
import { encodeHistory } from './history-file';

// Records one history a path from real runs: node --import tsx test/replay/record.ts [scenario …]
// Run it for each released version and keep what earlier versions recorded: running refunds must replay on new code.

const HISTORIES = path.join(__dirname, 'histories');

type Scenario = (world: World) => Promise<WorkflowHandle>;

const instead = (stage: string, decision: DecisionContent['decision'], snapshotVersion = 1): DecisionContent => ({
  ...approve(stage, snapshotVersion),
  decision,
});

const paid = ({ status }: ProcessState): boolean => status === 'paid';

/** A one-stage refund whose provider behaves like this, approved. */
async function paying(world: World, fault?: Record<string, unknown>): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  if (fault) await world.fault({ reference: legs[0]?.reference, ...fault });
  await world.decide(handle, 'reviewer', approve('first_review'));
  return handle;
}

/** Moves the clock to the next instant at which the provider is asked, until it has said that the money moved. */
async function askUntilPaid(world: World, handle: WorkflowHandle): Promise<WorkflowHandle> {
  for (let i = 0; i < 6; i += 1) {
    const state = await world.until(handle, ({ legs, status }) => status === 'paid' || legs[0]?.nextQueryAt != null);
    if (state.status === 'paid') return handle;
    const queries = state.legs[0]?.queries ?? 0;
    await world.advanceTo(handle, state.legs[0]?.nextQueryAt ?? '');
    await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) > queries);
  }
  throw new Error('The provider did not come to an answer.');
}

const toDesk = async (world: World, handle: WorkflowHandle): Promise<void> => {
  const { stage } = await world.state(handle);
  await world.advanceTo(handle, stage?.rungs.at(-1)?.at ?? '');
  await world.until(handle, (state) => state.stage?.onDesk === true && state.stage.rungs.length === 0);
};

const SCENARIOS: Record<string, Scenario> = {
  'approve-three-stages': async (world) => {
    const handle = await world.start(800_000);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.decide(handle, 'reviewer2', approve('second_review'));
    await world.decide(handle, 'approver2', approve('final_approval'));
    await world.until(handle, paid);
    return handle;
  },
  'decided-in-place': async (world) => {
    const handle = await world.start(10_000);
    const { refundId } = await handle.query(getRefundQuery);
    const { reviewer, finance } = world.shop.personIds;
    const at = Date.now();
    await world.db.delegation.create({
      data: {
        id: 'dg_in_place',
        mode: 'test',
        delegatorId: reviewer,
        delegateId: finance,
        fromAt: new Date(at - 3_600_000),
        untilAt: new Date(at + 24 * 3_600_000),
        createdBy: reviewer,
        createdAt: new Date(at),
      },
    });
    const content = approve('first_review');
    const command = await world.shop.decide(refundId, 'finance', content, { reason: 'seen' });
    const message = decisionMessage(command, content);
    await handle.executeUpdate(decideStageUpdate, {
      args: [{ ...message, actor: { ...message.actor, onBehalfOf: reviewer } }],
      updateId: command.scopeHash,
    });
    await world.until(handle, paid);
    return handle;
  },
  'told-together': async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'approve-less': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 6_000 });
    await world.until(handle, paid);
    return handle;
  },
  'approve-two-payments': async (world) => {
    const ids = ['a', 'b'].map((leg) => `pi_${leg}_${Math.random().toString(36).slice(2)}`);
    for (const id of ids)
      await fetch(`${world.sandboxUrl}/control/stripe/payment_intents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, amountMinor: 10_000, currency: 'CNY' }),
      });
    const order = await world.shop.addOrder(16_000, { providerPaymentIds: ids });
    const handle = await world.startAccepted(await world.shop.accept(order, 16_000));
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.until(handle, paid);
    return handle;
  },
  'bank-transfer': async (world) => {
    const destination = await enterDestination(world.db, world.shop, { coolingOffMs: 3_600_000 });
    const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
    const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
    const handle = await world.startAccepted(refundId);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.until(handle, ({ legs }) => legs[0]?.hold != null);
    await world.advanceTo(handle, destination.usableFrom ?? '');
    await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
    const file = await world.db.bankFile.findFirstOrThrow({ where: { refundId } });
    for (const who of ['finance', 'finance2'] as const) await approveFile(world.db, world.shop, file, who);
    await tendBankTransfers(world.temporal.client);
    return askUntilPaid(world, handle);
  },
  decline: async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  'declined-by-policy': async (world) => {
    const externalId = await world.order(10_000);
    await world.db.order.updateMany({ where: { externalId }, data: { placedAt: new Date('2021-01-04T00:00:00Z') } });
    const handle = await world.startAccepted(await world.shop.accept(externalId, 10_000));
    await handle.result();
    return handle;
  },
  withdrawn: async (world) => {
    const handle = await world.start(129_900);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.withdraw(handle);
    await handle.result();
    return handle;
  },
  expired: async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'send_back'));
    const { answer } = await world.until(handle, ({ status }) => status === 'awaiting_customer');
    // The clock jumps until the workflow ends, which ends the jump.
    await Promise.allSettled([world.advanceTo(handle, answer?.deadlineAt ?? '')]);
    await handle.result();
    return handle;
  },
  'escalated-to-desk': async (world) => {
    const handle = await world.start(10_000);
    await toDesk(world, handle);
    await world.decide(handle, 'approver', approve('first_review'));
    await world.until(handle, paid);
    return handle;
  },
  'desk-extended': async (world) => {
    const handle = await world.start(10_000);
    await toDesk(world, handle);
    await world.actOnDesk(handle, { act: 'extend', stage: 'first_review', businessMinutes: 240 });
    await world.actOnDesk(handle, { act: 'reassign', stage: 'first_review', role: 'approver' });
    await world.decide(handle, 'approver', decline('first_review'));
    await handle.result();
    return handle;
  },
  'request-info': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'request_info'));
    await world.inform(handle, 'customer', { amountMinor: 6_000, note: 'only the lamp' });
    await world.decide(handle, 'reviewer', approve('first_review', 2));
    await world.until(handle, paid);
    return handle;
  },
  'request-info-unanswered': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'request_info'));
    const { answer } = await world.until(handle, ({ status }) => status === 'awaiting_customer');
    await world.advanceTo(handle, answer?.deadlineAt ?? '');
    await world.until(handle, ({ status }) => status === 'in_review');
    await world.decide(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  'send-back': async (world) => {
    const handle = await world.start(129_900);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.decide(handle, 'approver', instead('second_review', 'send_back'));
    await world.inform(handle, 'agent', { note: 'corrected' });
    await world.decide(handle, 'reviewer', approve('first_review', 2));
    await world.decide(handle, 'approver', approve('second_review', 2));
    await world.until(handle, paid);
    return handle;
  },
  'refused-messages': async (world) => {
    const handle = await world.start(10_000);
    const typedIn = {
      commandId: 'cm_typed',
      actor: {
        kind: 'person' as const,
        id: 'key-of-reviewer',
        personId: world.shop.personIds.reviewer,
        roles: rolesOf('reviewer'),
      },
      content: approve('first_review'),
    };
    await refusalOf(handle.executeUpdate(decideStageUpdate, { args: [typedIn] }));
    await world.signalDecision(handle, 'finance', approve('first_review'));
    await world.signalDecision(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  race: async (world) => {
    const handle = await world.start(10_000);
    await Promise.allSettled([
      world.decide(handle, 'reviewer', approve('first_review')),
      world.signalDecision(handle, 'reviewer2', decline('first_review')),
      world.withdraw(handle),
    ]);
    await world.until(handle, ({ status }) => ['paid', 'declined', 'withdrawn'].includes(status));
    return handle;
  },
  'payment-unknown': async (world) =>
    askUntilPaid(world, await paying(world, { operation: 'refund.create', behaviour: 'drop-before-commit', count: 2 })),
  'payment-pending-polled': async (world) =>
    askUntilPaid(world, await paying(world, { behaviour: 'pending-ok', delayMs: 1, count: 1 })),
  'payment-pending-notified': async (world) => {
    const handle = await paying(world, { behaviour: 'pending-ok', delayMs: 1, count: 1 });
    await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
    await world.notify(handle);
    await world.until(handle, paid);
    await world.notify(handle);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'payment-failed': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    await world.until(handle, ({ status }) => status === 'payment_failed');
    return handle;
  },
  'payment-held': async (world) => {
    const at = new Date();
    const stop = await world.db.payoutStop.create({
      data: {
        id: newId('ps'),
        mode: 'test',
        scope: 'all',
        reason: 'a leak',
        state: 'active',
        proposedBy: 'pn_1',
        proposedAt: at,
        confirmedBy: 'pn_2',
        confirmedAt: at,
      },
    });
    const handle = await paying(world);
    const held = await world.until(handle, ({ legs }) => legs[0]?.hold != null);
    await world.advanceTo(handle, held.legs[0]?.nextQueryAt ?? '');
    await world.until(handle, ({ seq }) => seq > held.seq);
    await world.db.payoutStop.update({
      where: { id: stop.id },
      data: { state: 'lifted', liftProposedBy: 'pn_1', liftConfirmedBy: 'pn_2' },
    });
    await world.actOnDesk(handle, { act: 'retry_held' });
    await world.until(handle, paid);
    return handle;
  },
  'payment-unfunded': async (world) => {
    const handle = await paying(world, {
      operation: 'refund.create',
      behaviour: 'error:balance_insufficient',
      count: 1,
    });
    const { legs } = await world.until(handle, ({ status }) => status === 'awaiting_funds');
    await world.advanceTo(handle, legs[0]?.nextQueryAt ?? '');
    await world.until(handle, paid);
    return handle;
  },
  'payment-renewed': async (world) => {
    const destination = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
    await tendBankTransfers(world.temporal.client);
    const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
    const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
    const handle = await world.startAccepted(refundId);
    const { legs } = await world.state(handle);
    const fault = { provider: 'bank_transfer', reference: legs[0]?.reference, behaviour: 'error:AM04', count: 1 };
    await world.fault(fault);
    await world.decide(handle, 'reviewer', approve('first_review'));
    for (const attempt of [1, 2]) {
      await world.until(handle, (state) => state.legs[0]?.attempt === attempt && state.legs[0].status === 'pending');
      const file = await world.db.bankFile.findFirstOrThrow({ where: { refundId, status: 'waiting' } });
      for (const who of ['finance', 'finance2'] as const) await approveFile(world.db, world.shop, file, who);
      await tendBankTransfers(world.temporal.client);
      const asked = await world.state(handle);
      await world.advanceTo(handle, asked.legs[0]?.nextQueryAt ?? '');
      if (attempt === 2) break;
      const held = await world.until(handle, ({ status }) => status === 'awaiting_funds');
      await world.advanceTo(handle, held.legs[0]?.nextQueryAt ?? '');
    }
    await world.until(handle, paid);
    return handle;
  },
  arrived: async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'returned-in-watch': async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.notify(handle, await sendBack(world, handle));
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    await world.actOnDesk(handle, { act: 'new_attempt', legId: legs[0]?.id ?? '' });
    const { arrival } = await world.until(handle, paid);
    await world.advanceTo(handle, arrival?.promisedBy ?? '');
    await world.until(handle, (state) => state.arrival?.overdue === true);
    await world.actOnDesk(handle, { act: 'query_payment' });
    await world.until(handle, (state) => (state.legs[0]?.queries ?? 0) > 1);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'given-up': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    await byTwo(world, handle, { act: 'give_up', legId: legs[0]?.id ?? '' });
    await handle.result();
    return handle;
  },
  'paid-by-hand': async (world) => {
    const handle = await paying(world, { operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
    const { legs } = await world.until(handle, ({ status }) => status === 'payment_failed');
    const proof = { mode: 'test', sha256: 'a'.repeat(64), mime: 'application/pdf', fileName: 'transfer.pdf' } as const;
    const by = { uploadedKind: 'person', uploadedById: 'key-of-finance', customerId: null } as const;
    const { id } = await createEvidence(world.db, { ...proof, ...by, content: Buffer.from('proof') }, new Date());
    const paidAt = new Date(Date.now() - 60_000).toISOString();
    await byTwo(world, handle, { act: 'manual_payment', legId: legs[0]?.id ?? '', proofEvidenceId: id, paidAt });
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'arrival-watch-ended': async (world) => {
    const handle = await paying(world);
    const { arrival } = await world.until(handle, paid);
    await Promise.allSettled([world.advanceTo(handle, arrival?.watchUntil ?? '')]);
    await handle.result();
    return handle;
  },
};

/** Lets the provider's money of a refund's newest attempt come back; nobody is told. */
async function sendBack(world: World, handle: WorkflowHandle): Promise<Partial<NewProviderEvent>> {
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
    orderBy: { number: 'desc' },
  });
  await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'failed', failureReason: 'expired_or_canceled_card' }),
  });
  const failure = { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' } as const;
  return { facts: { outcome: 'failed', amountMinor: Number(attempt.amountMinor), failure, traceNumber: null } };
}

/** Two people, one after the other. */
async function byTwo(world: World, handle: WorkflowHandle, action: DeskAction): Promise<void> {
  await world.actOnDesk(handle, action, 'finance');
  const { proposals } = await world.state(handle);
  await world.actOnDesk(handle, { act: 'confirm', proposalId: proposals?.[0]?.id ?? '' }, 'finance2');
}

/** The refund's next workflow, started for a stored event. */
async function nextRun(world: World, refundId: string, providerEventId: string): Promise<WorkflowHandle> {
  const run = await readRefundRun(world.db, refundId);
  if (!run) throw new Error('There is no such refund.');
  await claimRefundRun(world.db, refundId, null, refundReturnWorkflowId(refundId, 1));
  return world.temporal.client.workflow.signalWithStart(REFUND_RETURN_WORKFLOW_TYPE, {
    ...refundReturnStart(run.input, 1),
    signal: providerEventSignal,
    signalArgs: [{ providerEventId }],
  });
}

/** Money that comes back after the workflow had ended: the history of the workflow that takes it up. */
async function returned(world: World): Promise<WorkflowHandle> {
  const own = await paying(world);
  await world.until(own, paid);
  await world.confirmReceipt(own);
  await own.result();
  const refundId = world.refundIdOf(own);
  const handle = await nextRun(world, refundId, await world.storeEvent(own, await sendBack(world, own)));
  const { legs } = await world.until(own, ({ status }) => status === 'payment_failed');
  await world.actOnDesk(handle, { act: 'new_attempt', legId: legs[0]?.id ?? '' });
  await world.until(own, paid);
  await world.confirmReceipt(handle);
  await handle.result();
  return handle;
}

/** What was given up and has moved after all: the workflow that an old success has ask the provider, and go on. */
async function paidAfterAll(world: World): Promise<WorkflowHandle> {
  const own = await paying(world, { operation: 'refund.create', behaviour: 'pending-fail', delayMs: 0, count: 1 });
  const { legs } = await world.until(own, (state) => state.legs[0]?.status === 'pending');
  const failed = await sendBack(world, own);
  await world.notify(own, failed);
  await world.until(own, ({ status }) => status === 'payment_failed');
  await byTwo(world, own, { act: 'give_up', legId: legs[0]?.id ?? '' });
  await own.result();
  const refundId = world.refundIdOf(own);
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
  await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'succeeded' }),
  });
  const facts = { outcome: 'succeeded' as const, amountMinor: 10_000, failure: null, traceNumber: null };
  const handle = await nextRun(world, refundId, await world.storeEvent(own, { facts }));
  await world.until(own, paid);
  await world.confirmReceipt(handle);
  await handle.result();
  return handle;
}

/** A receipt that comes after the watch had ended: the history of the workflow that is started for it. */
async function confirmedLate(world: World): Promise<WorkflowHandle> {
  const own = await paying(world);
  const { arrival } = await world.until(own, paid);
  await Promise.allSettled([world.advanceTo(own, arrival?.watchUntil ?? '')]);
  await own.result();
  const refundId = world.refundIdOf(own);
  const run = await readRefundRun(world.db, refundId);
  if (!run) throw new Error('There is no such refund.');
  await claimRefundRun(world.db, refundId, null, refundReturnWorkflowId(refundId, 1));
  const command = await world.shop.command({ kind: 'confirm_receipt', refundId, who: 'customer', body: {} });
  await world.temporal.client.workflow.executeUpdateWithStart(confirmReceiptUpdate, {
    args: [commandMessage(command)],
    updateId: command.id,
    startWorkflowOperation: new WithStartWorkflowOperation(
      REFUND_RETURN_WORKFLOW_TYPE,
      refundReturnStart(run.input, 1),
    ),
  });
  const handle = world.temporal.client.workflow.getHandle(refundReturnWorkflowId(refundId, 1));
  await handle.result();
  return handle;
}

/** A committed step whose workflow task is lost, then a contrary signal: the history of what was adopted. */
async function adopted(world: World): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const yes = approve('first_review');
  const no = decline('first_review');
  const approved = await world.shop.decide(world.refundIdOf(handle), 'reviewer', yes, { reason: 'seen' });
  const declined = await world.shop.decide(world.refundIdOf(handle), 'reviewer2', no, { reason: 'seen' });
  const dying = await world.startChildWorker({ dieAfterCommitOf: approved.id });
  // The update is not in history yet when its worker dies; the signal is, so the next attempt hears the signal first.
  const answer = handle.executeUpdate(decideStageUpdate, {
    args: [decisionMessage(approved, yes)],
    updateId: approved.scopeHash,
  });
  await dying.gone;
  await handle.signal(decideStageSignal, decisionMessage(declined, no));
  await world.startWorker();
  await answer;
  await world.until(handle, paid, 60_000);
  return handle;
}

/** A day of two accounts: one record comes late and is compared, the other never comes and is given up. */
async function reconciled(world: World): Promise<WorkflowHandle> {
  const timing = { dayOffsetMinutes: 0, graceMs: 0, patienceMs: 3_600_000 };
  let asked = 0;
  const worker = await startTestWorkers(world.place, world.db, {
    parts: {
      settlements: {
        accounts: () => ['late', 'never'].map((provider) => ({ provider, merchantAccount: 'default', mode: 'test' })),
        find: (provider) => ({
          provider,
          timing,
          // oxlint-disable-next-line require-yield
          async *fetchDay() {
            if (provider === 'never' || (asked += 1) < 3) throw new SettlementNotReadyError(provider, 'no_bill');
          },
        }),
      },
    },
  });
  const body = { day: addDays(dayOf(Date.now(), 0), -1) };
  const command = await world.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body });
  const handle = await world.temporal.skippingClient.workflow.start(RECONCILE_WORKFLOW_TYPE, {
    workflowId: reconcileWorkflowId(command.id),
    taskQueue: REFUNDS_QUEUE,
    args: [{ commandId: command.id }],
  });
  await handle.result();
  await worker.stop();
  return handle;
}

async function keep(workflow: string, scenario: string, handle: WorkflowHandle): Promise<void> {
  const file = path.join(HISTORIES, `${workflow}--${scenario}--${version}.json`);
  const json = encodeHistory(await handle.fetchHistory());
  writeFileSync(file, `${json}\n`);
  process.stdout.write(`${path.basename(file)}: ${json.length} characters\n`);
}

async function main(wanted: string[]): Promise<void> {
  mkdirSync(HISTORIES, { recursive: true });
  await globalSetup();
  try {
    const world = await openWorld();
    try {
      for (const [name, run] of Object.entries(SCENARIOS))
        if (wanted.length === 0 || wanted.includes(name)) await keep('refund', name, await run(world));
      if (wanted.length === 0 || wanted.includes('paid-again'))
        await keep('refund-return', 'paid-again', await returned(world));
      if (wanted.length === 0 || wanted.includes('paid-after-all'))
        await keep('refund-return', 'paid-after-all', await paidAfterAll(world));
      if (wanted.length === 0 || wanted.includes('confirmed-late'))
        await keep('refund-return', 'confirmed-late', await confirmedLate(world));
    } finally {
      await world.close();
    }
    if (wanted.length === 0 || wanted.includes('waited')) {
      const alone = await openWorld({ worker: false });
      try {
        await keep('reconcile-payments', 'waited', await reconciled(alone));
      } finally {
        await alone.close();
      }
    }
    if (wanted.length === 0 || wanted.includes('adopted')) {
      const lonely = await openWorld({ worker: false });
      try {
        await keep('refund', 'adopted', await adopted(lonely));
        await keep('deliver-messages', 'nudged', lonely.temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID));
      } finally {
        await lonely.close();
      }
    }
  } finally {
    await globalTeardown();
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
