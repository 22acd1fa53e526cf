import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  acceptOfferUpdate,
  actOnDeskUpdate,
  appealRefundUpdate,
  confirmReceiptUpdate,
  decideStageSignal,
  decideStageUpdate,
  FAILURE_TYPES,
  getRefundQuery,
  provideInformationUpdate,
  providerEventSignal,
  refundStart,
  refundIdOf as idOfRefund,
  withdrawRefundUpdate,
  type CommandMessage,
  type DecideStageInput,
  type Verdict,
} from '../../contract';
import type { DecisionContent, DeskAction, ProcessState, Refusal } from '../../domain/refund';
import { startInbox, startSandbox, type InboxMessage, type Movement } from '../../sandbox';
import {
  openDatabase,
  readWorkflowStart,
  storeProviderEvent,
  type CommandRecord,
  type Database,
  type NewProviderEvent,
} from '../../store';
import { createTestDatabase, createTestNamespace, fastForward, virtualNow, workflowBundle } from '.';
import type { TestNamespace } from '.';
import { eventually } from './eventually';
import { findViolations, type Violation } from './oracle';
import { openShop, STAFF, type NewTestCommand, type Shop, type StaffName } from './shop';
import { startTestWorkers, type RunningWorker, type WorkPlace } from './test-workers';
import { spareWorker, type ChildOrder, type ChildWorker, type SpareWorker } from './worker-child';

export type { RunningWorker } from './test-workers';
export type { ChildWorker, SpareWorker } from './worker-child';

type Who = NewTestCommand['who'];

/** Everything a refund's workflow touches, for one test file: real Postgres, real Temporal, real gateway, sandbox. */
export interface World {
  db: Database;
  shop: Shop;
  temporal: TestNamespace;
  place: WorkPlace;
  sandboxUrl: string;
  ledger(): Promise<Movement[]>;
  letters(): Promise<InboxMessage[]>;
  fault(fault: Record<string, unknown>): Promise<void>;
  /** An order that the sandbox knows the payment of. */
  order(amountMinor: number): Promise<string>;
  /** Accepts a refund and starts its workflow. */
  start(amountMinor: number, options?: { skipping?: boolean }): Promise<WorkflowHandle>;
  /** Starts the workflow of a refund that was accepted; null when it is started already. */
  startAccepted(refundId: string): Promise<WorkflowHandle>;
  refundIdOf(handle: WorkflowHandle): string;
  /** What time it is for the workflow; commands are stated by this clock. */
  now(handle: WorkflowHandle): Promise<string>;
  /** Moves the workflow's clock to just behind an instant. */
  advanceTo(handle: WorkflowHandle, at: string): Promise<void>;
  /** Decides by update, as the API does. */
  decide(handle: WorkflowHandle, who: StaffName, content: DecisionContent, options?: { at?: string }): Promise<Verdict>;
  /** Decides by signal; answers the command that was stated. */
  signalDecision(handle: WorkflowHandle, who: StaffName, content: DecisionContent): Promise<CommandRecord>;
  withdraw(handle: WorkflowHandle, who?: Who): Promise<Verdict>;
  inform(handle: WorkflowHandle, who: Who, body: Record<string, unknown>): Promise<Verdict>;
  appeal(handle: WorkflowHandle, who?: Who): Promise<Verdict>;
  acceptOffer(handle: WorkflowHandle): Promise<Verdict>;
  confirmReceipt(handle: WorkflowHandle): Promise<Verdict>;
  actOnDesk(handle: WorkflowHandle, action: DeskAction, who?: StaffName): Promise<Verdict>;
  /** Stores a notification of the provider about the refund's leg; nobody is told. */
  storeEvent(handle: WorkflowHandle, event?: Partial<NewProviderEvent>): Promise<string>;
  /** Stores a notification of the provider about the refund's leg and signals it, as the API does. */
  notify(handle: WorkflowHandle, event?: Partial<NewProviderEvent>): Promise<string>;
  state(handle: WorkflowHandle): Promise<ProcessState>;
  /** Waits until Postgres shows it. */
  until(handle: WorkflowHandle, check: (state: ProcessState) => boolean, timeoutMs?: number): Promise<ProcessState>;
  /**
   * What the oracle finds wrong with everything in this world; empty when all seven invariants hold. A workflow in the
   * middle of a step is a moment ahead of Postgres: that alone is looked at again, for ten seconds at most.
   */
  violations(): Promise<Violation[]>;
  startWorker(): Promise<RunningWorker>;
  /** A worker in a process of its own. */
  startChildWorker(order?: Omit<ChildOrder, 'place'>, spare?: SpareWorker): Promise<ChildWorker>;
  close(): Promise<void>;
}

/** What the API would send for a stored decision. */
export const decisionMessage = (command: CommandRecord, content: DecisionContent): DecideStageInput => ({
  ...commandMessage(command),
  content,
});

/** What the API would send for any stored command. */
export const commandMessage = (command: CommandRecord): CommandMessage => ({
  commandId: command.id,
  actor: {
    kind: command.principalKind,
    id: command.principalId,
    personId: command.personId,
    roles: command.roles,
  },
});

/** An approval of a stage as it was first seen. */
export const approve = (stage: string, snapshotVersion = 1): DecisionContent => ({
  stage,
  decision: 'approve',
  snapshotVersion,
  approvedAmountMinor: null,
});

export const decline = (stage: string, snapshotVersion = 1): DecisionContent => ({
  ...approve(stage, snapshotVersion),
  decision: 'decline',
});

/** Why an update was refused; throws whatever else came of it. */
export async function refusalOf(update: Promise<unknown>): Promise<Refusal> {
  const outcome = await update.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`It was not refused but answered ${JSON.stringify(outcome.value)}.`);
  const { error } = outcome;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    if (error.cause.type === FAILURE_TYPES.refused) return error.cause.details?.[0] as Refusal;
  throw error;
}

export function refundIdOf(handle: WorkflowHandle): string {
  const refundId = idOfRefund(handle.workflowId);
  if (refundId === null) throw new Error(`${handle.workflowId} is no refund's workflow.`);
  return refundId;
}

export async function openWorld(options: { worker?: boolean; onLog?: (line: string) => void } = {}): Promise<World> {
  const [database, temporal, sandbox, inbox, bundle] = await Promise.all([
    createTestDatabase(),
    createTestNamespace(),
    startSandbox({ port: 0 }),
    startInbox({ httpPort: 0, smtpPort: 0 }),
    workflowBundle(),
  ]);
  const place: WorkPlace = {
    temporalAddress: temporal.address,
    namespace: temporal.namespace,
    databaseUrl: database.url,
    sandboxUrl: sandbox.url,
    bankDirectory: mkdtempSync(path.join(os.tmpdir(), 'redress-bank-')),
    smtpUrl: inbox.smtpUrl,
    bundlePath: bundle.codePath,
  };
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 20,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  const shop = await openShop(db);
  const running: { stop(): Promise<void> }[] = [];

  async function startWorker(): Promise<RunningWorker> {
    const worker = await startTestWorkers(place, db, options.onLog ? { onLog: options.onLog } : {});
    running.push(worker);
    return worker;
  }

  const ledger = async (): Promise<Movement[]> => (await (await fetch(`${sandbox.url}/ledger`)).json()) as Movement[];
  const letters = async (): Promise<InboxMessage[]> =>
    (await (await fetch(`${inbox.url}/messages`)).json()) as InboxMessage[];

  const now = async (handle: WorkflowHandle): Promise<string> =>
    (await virtualNow(temporal.client, handle.workflowId)).toISOString();

  async function stated(
    handle: WorkflowHandle,
    kind: NewTestCommand['kind'],
    who: Who,
    body: Record<string, unknown>,
  ): Promise<CommandRecord> {
    return shop.command({ kind, who, body, refundId: refundIdOf(handle), at: await now(handle) });
  }

  async function startAccepted(refundId: string, skipping = false): Promise<WorkflowHandle> {
    const input = await readWorkflowStart(db, refundId);
    if (!input) throw new Error('There is nothing to start.');
    const client = skipping ? temporal.skippingClient : temporal.client;
    return client.workflow.start('refundWorkflow', refundStart(input));
  }

  async function until(
    handle: WorkflowHandle,
    check: (state: ProcessState) => boolean,
    timeoutMs = 20_000,
  ): Promise<ProcessState> {
    const endsAt = Date.now() + timeoutMs;
    for (;;) {
      const state = await storedState(db, refundIdOf(handle));
      if (check(state)) return state;
      if (Date.now() > endsAt) throw new Error(`The refund did not come to it; it stands at ${JSON.stringify(state)}.`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async function storeEvent(handle: WorkflowHandle, event: Partial<NewProviderEvent> = {}): Promise<string> {
    const state = await storedState(db, refundIdOf(handle));
    const leg = state.legs[0];
    const nowIso = await now(handle);
    const stored = await storeProviderEvent(
      db,
      {
        mode: 'test',
        provider: 'stripe',
        merchantAccount: 'default',
        providerEventId: `evt_${Math.random().toString(36).slice(2)}`,
        type: 'refund.updated',
        reference: leg?.reference ?? null,
        providerRefundId: null,
        providerPaymentIds: [],
        occurredAt: nowIso,
        facts: { outcome: 'succeeded', amountMinor: leg?.amountMinor ?? 0, failure: null, traceNumber: null },
        payloadHash: 'of-a-test',
        ...event,
      },
      nowIso,
    );
    return stored.id;
  }

  if (options.worker !== false) await startWorker();
  return {
    db,
    shop,
    temporal,
    place,
    sandboxUrl: sandbox.url,
    startWorker,
    async startChildWorker(order = {}, spare = spareWorker()) {
      running.push({ stop: () => spare.kill() });
      return spare.start({ ...order, place });
    },
    until,
    refundIdOf,
    now,
    async advanceTo(handle, at) {
      const aheadMs = Date.parse(at) - Date.parse(await now(handle));
      // The server tells the time in whole seconds.
      if (aheadMs > -1_000) await fastForward(temporal.client, handle.workflowId, Math.max(0, aheadMs) + 2_000);
    },
    ledger,
    letters,
    violations: () =>
      eventually(
        async () => findViolations({ db, ledger: await ledger(), client: temporal.client, letters }),
        (found) => !found.some((violation) => violation.startsWith('[one_truth]')),
      ),
    fault: async (fault) => {
      const answer = await post(`${sandbox.url}/control/faults`, { provider: 'stripe', ...fault });
      if (!answer.ok) throw new Error(await answer.text());
    },
    order: (amountMinor) => payableOrder(shop, sandbox.url, amountMinor),
    startAccepted: (refundId) => startAccepted(refundId),
    async start(amountMinor, { skipping = false } = {}) {
      return startAccepted(
        await shop.accept(await payableOrder(shop, sandbox.url, amountMinor), amountMinor),
        skipping,
      );
    },
    async decide(handle, who, content, { at } = {}) {
      const command = await shop.decide(refundIdOf(handle), who, content, {
        reason: 'seen',
        at: at ?? (await now(handle)),
      });
      return handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(command, content)],
        updateId: command.scopeHash,
      });
    },
    async signalDecision(handle, who, content) {
      const command = await shop.decide(refundIdOf(handle), who, content, { reason: 'seen', at: await now(handle) });
      await handle.signal(decideStageSignal, decisionMessage(command, content));
      return command;
    },
    async withdraw(handle, who = 'customer') {
      const command = await stated(handle, 'withdraw', who, { reason: 'kept it' });
      return handle.executeUpdate(withdrawRefundUpdate, { args: [commandMessage(command)], updateId: command.id });
    },
    async inform(handle, who, body) {
      const command = await stated(handle, 'inform', who, body);
      return handle.executeUpdate(provideInformationUpdate, { args: [commandMessage(command)], updateId: command.id });
    },
    async acceptOffer(handle) {
      const command = await stated(handle, 'accept_offer', 'customer', {});
      return handle.executeUpdate(acceptOfferUpdate, { args: [commandMessage(command)], updateId: command.id });
    },
    async appeal(handle, who = 'customer') {
      const command = await stated(handle, 'appeal', who, { statement: 'the photos show it' });
      return handle.executeUpdate(appealRefundUpdate, { args: [commandMessage(command)], updateId: command.id });
    },
    async confirmReceipt(handle) {
      const command = await stated(handle, 'confirm_receipt', 'customer', {});
      return handle.executeUpdate(confirmReceiptUpdate, { args: [commandMessage(command)], updateId: command.id });
    },
    async actOnDesk(handle, action, who = 'finance') {
      const { act, ...rest } = action;
      const command = await stated(handle, 'act_on_desk', who, { action: act, ...rest });
      return handle.executeUpdate(actOnDeskUpdate, {
        args: [{ ...commandMessage(command), action }],
        updateId: command.id,
      });
    },
    storeEvent,
    async notify(handle, event = {}) {
      const id = await storeEvent(handle, event);
      await handle.signal(providerEventSignal, { providerEventId: id });
      return id;
    },
    state: async (handle) => (await handle.query(getRefundQuery)).state,
    async close() {
      await Promise.all(running.map((worker) => worker.stop()));
      await temporal.close();
      await sandbox.close();
      await inbox.close();
      await db.$disconnect();
      await database.drop();
      rmSync(place.bankDirectory, { recursive: true, force: true });
    },
  };
}

/** Everybody who may be named in a test, for messages that nobody stated. */
export const rolesOf = (who: StaffName): string[] => [...STAFF[who]];

async function storedState(db: Database, refundId: string): Promise<ProcessState> {
  const row = await db.refund.findUniqueOrThrow({ where: { id: refundId }, select: { process: true } });
  return row.process as unknown as ProcessState;
}

async function payableOrder(shop: Shop, sandboxUrl: string, amountMinor: number): Promise<string> {
  const id = `pi_${Math.random().toString(36).slice(2)}`;
  const made = await post(`${sandboxUrl}/control/stripe/payment_intents`, { id, amountMinor, currency: 'CNY' });
  if (!made.ok) throw new Error(await made.text());
  return shop.addOrder(amountMinor, { providerPaymentIds: [id] });
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
