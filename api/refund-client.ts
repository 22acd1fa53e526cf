import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type ConnectionOptions,
  type DataConverter,
} from '@temporalio/client';
import type { SignalDefinition, UpdateDefinition, Workflow } from '@temporalio/common';

import {
  acceptOfferUpdate,
  actOnDeskUpdate,
  appealRefundUpdate,
  bankWorkSignal,
  confirmReceiptUpdate,
  decideStageSignal,
  decideStageUpdate,
  deliverProviderEvent,
  DELIVERY_WORKFLOW_ID,
  messagesDueSignal,
  orderChangedSignal,
  provideInformationUpdate,
  providerEventSignal,
  replanSignal,
  reachRefund,
  RECONCILE_WORKFLOW_TYPE,
  reconcileWorkflowId,
  REFUND_RETURN_WORKFLOW_TYPE,
  REFUND_WORKFLOW_TYPE,
  refundStart,
  REFUNDS_QUEUE,
  refundWorkflowId,
  TEND_BANK_TRANSFERS_TYPE,
  tendBankTransfersStart,
  withdrawRefundUpdate,
  type ActOnDeskInput,
  type CommandMessage,
  type DecideStageInput,
  type EventDoors,
  type refundReturnStart,
  type RefundWorkflowInput,
  type Verdict,
} from '../contract';
import { EngineUnavailable, mayBeSentAgain, toEngineError, WorkflowMissing } from './refund-client-errors';

export interface RefundClientOptions {
  address: string;
  namespace: string;
  tls?: ConnectionOptions['tls'];
  apiKey?: string;
  dataConverter?: DataConverter;
  identity?: string;
  /** Hard limit of every call; a client deadline alone does not bound one. */
  timeoutMs?: number;
  /** What a refund's workflow starts with, from its stored row; null when there is nothing to start. */
  readStart: (refundId: string) => Promise<RefundWorkflowInput | null>;
  /** Marks the start ticket as used. */
  consumeTicket: (refundId: string) => Promise<void>;
  /** The newest workflow of a refund; null: its own. */
  readWorkflowId: (refundId: string) => Promise<string | null>;
  readRun: EventDoors['readRun'];
  claimRun: EventDoors['claimRun'];
}

/**
 * The only door to Temporal. Every call ends within its time limit; it throws EngineUnavailable (may have counted),
 * WorkflowMissing (ask Postgres) or RefundRefused (judged and refused).
 */
export interface RefundClient {
  /**
   * Starts what was accepted; `exists` when there is nothing to start any more. Safe to repeat for ever.
   * @param accepted its stored row, when it has just been written and need not be read
   */
  start(refundId: string, accepted?: RefundWorkflowInput): Promise<'started' | 'exists'>;
  decide(refundId: string, input: DecideStageInput, updateId: string): Promise<Verdict>;
  /** The same without an answer: what becomes of it stands in the timeline. */
  decideBySignal(refundId: string, input: DecideStageInput): Promise<void>;
  withdraw(refundId: string, input: CommandMessage, updateId: string): Promise<Verdict>;
  provideInformation(refundId: string, input: CommandMessage, updateId: string): Promise<Verdict>;
  appeal(refundId: string, input: CommandMessage, updateId: string): Promise<Verdict>;
  acceptOffer(refundId: string, input: CommandMessage, updateId: string): Promise<Verdict>;
  /** Money may be confirmed long after its watch has ended: then the refund's next workflow is started for it. */
  confirmReceipt(refundId: string, input: CommandMessage, updateId: string): Promise<Verdict>;
  actOnDesk(refundId: string, input: ActOnDeskInput, updateId: string): Promise<Verdict>;
  /** Tells a refund that a stored provider event concerns it; starts its next workflow when the last one had ended. */
  providerEvent(refundId: string, providerEventId: string): Promise<void>;
  /** Has a refund look at its order again; nothing is lost when it is not told: its next decision looks as well. */
  orderChanged(refundId: string): Promise<void>;
  /** Tells a refund in review that it is to be planned again by a changed calendar. */
  replan(refundId: string, replanId: string): Promise<void>;
  /** Starts the reconciliation that a command asks for. Safe to repeat for ever. */
  reconcile(commandId: string): Promise<void>;
  /** Wakes the delivery workflow; false when it does not run, which its own timer and the schedule repair. */
  nudgeDelivery(): Promise<boolean>;
  /** Has names of payees checked and released files handed over now, or right after the round that is under way. */
  tendBankTransfers(): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const CLOSE_WAIT_MS = 2_000;
const RESEND_DELAYS_MS = [50, 150, 400, 800];
/** The transport's own attempts: one and a second; more would outlive the time limit of the call. */
const TRANSPORT_ATTEMPTS = 2;

/** Opens a lazily connecting client: it is built although the engine is down, and connects when it is back. */
export function createRefundClient(options: RefundClientOptions): RefundClient {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const connection = Connection.lazy({
    address: options.address,
    connectTimeout: timeoutMs,
    interceptors: [
      makeGrpcRetryInterceptor(
        defaultGrpcRetryOptions({ maxAttempts: TRANSPORT_ATTEMPTS, initialIntervalMs: () => 100 }),
      ),
    ],
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  });
  const client = new Client({
    connection,
    namespace: options.namespace,
    ...(options.dataConverter === undefined ? {} : { dataConverter: options.dataConverter }),
    ...(options.identity === undefined ? {} : { identity: options.identity }),
  });

  /** Calls that have not ended, also those whose callers have been answered: the channel must outlive them. */
  const open = new Map<Promise<unknown>, AbortController>();
  let isClosing = false;

  /** Ends in time whatever the call does; the call itself is told to stop and may still have been executed. */
  async function bounded<T>(call: () => Promise<T>): Promise<T> {
    if (isClosing) throw new EngineUnavailable('This process is closing its connection.');
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new EngineUnavailable(`No answer within ${timeoutMs} ms.`));
        abort.abort();
      }, timeoutMs);
    });
    const running = connection.withAbortSignal(abort.signal, call);
    open.set(running, abort);
    try {
      return await Promise.race([running, limit]);
    } catch (error) {
      throw error instanceof WorkflowExecutionAlreadyStartedError ? error : toEngineError(error);
    } finally {
      clearTimeout(timer);
      // Its end after the limit concerns nobody: the caller has been answered.
      void running.catch(() => undefined).finally(() => open.delete(running));
    }
  }

  async function update<Input>(
    refundId: string,
    definition: UpdateDefinition<Verdict, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<Verdict> {
    return toNewest(refundId, (workflowId) => sendUpdate(workflowId, definition, input, updateId));
  }

  /**
   * Sends to the workflow that lives: mostly the refund's own, which is tried without asking, else the newest, which its row
   * names.
   */
  async function toNewest<T>(refundId: string, send: (workflowId: string) => Promise<T>): Promise<T> {
    try {
      return await send(refundWorkflowId(refundId));
    } catch (error) {
      if (!(error instanceof WorkflowMissing)) throw error;
      const newest = await options.readWorkflowId(refundId);
      if (newest === null) throw error;
      return send(newest);
    }
  }

  async function sendUpdate<Input>(
    workflowId: string,
    definition: UpdateDefinition<Verdict, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<Verdict> {
    const handle = client.workflow.getHandle(workflowId);
    return boundedResending(() => handle.executeUpdate<Verdict, [Input]>(definition, { args: [input], updateId }));
  }

  /** Sends again under the same id what the engine says it has not looked at. */
  const boundedResending = <T>(send: () => Promise<T>): Promise<T> =>
    bounded(async () => {
      for (let sent = 0; ; sent += 1) {
        try {
          return await send();
        } catch (error) {
          const delayMs = RESEND_DELAYS_MS[sent];
          if (delayMs === undefined || !mayBeSentAgain(error)) throw error;
          await new Promise((resolve) => setTimeout(resolve, delayMs));
        }
      }
    });

  /** As `update`; starts the refund's next workflow when the last one has ended, as it does when the watch is over. */
  async function updateOrReopen<Input>(
    refundId: string,
    definition: UpdateDefinition<Verdict, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<Verdict> {
    let verdict: Verdict | null = null;
    const isAnswered = async (sending: Promise<Verdict>): Promise<boolean> => {
      try {
        verdict = await sending;
        return true;
      } catch (error) {
        if (error instanceof WorkflowMissing || error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    };
    const updateWithStart = (start: ReturnType<typeof refundReturnStart>): Promise<Verdict> =>
      boundedResending(() =>
        client.workflow.executeUpdateWithStart<Workflow, Verdict, [Input]>(definition, {
          args: [input],
          updateId,
          startWorkflowOperation: new WithStartWorkflowOperation(REFUND_RETURN_WORKFLOW_TYPE, start),
        }),
      );
    await reachRefund(options, refundId, {
      send: (workflowId) => isAnswered(sendUpdate(workflowId, definition, input, updateId)),
      startWith: (start) => isAnswered(updateWithStart(start)),
    });
    if (verdict === null) throw new WorkflowMissing('No workflow of this refund runs, and none can be started.');
    return verdict;
  }

  const signal = <Args extends unknown[]>(
    workflowId: string,
    definition: SignalDefinition<Args>,
    ...args: Args
  ): Promise<void> => bounded(() => client.workflow.getHandle(workflowId).signal(definition, ...args));

  /** False when no such workflow runs. */
  const wasSent = (sent: Promise<void>): Promise<boolean> =>
    sent.then(
      () => true,
      (error: unknown) => {
        if (error instanceof WorkflowMissing) return false;
        throw error;
      },
    );

  const doors: EventDoors = {
    readRun: options.readRun,
    claimRun: options.claimRun,
    signal: (workflowId, providerEventId) => wasSent(signal(workflowId, providerEventSignal, { providerEventId })),
    async signalWithStart(start, providerEventId) {
      const withSignal = { ...start, signal: providerEventSignal, signalArgs: [{ providerEventId }] };
      try {
        await bounded(() => client.workflow.signalWithStart(REFUND_RETURN_WORKFLOW_TYPE, withSignal));
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },
  };

  return {
    async start(refundId, accepted) {
      const input = accepted ?? (await options.readStart(refundId));
      if (!input) return 'exists';
      try {
        await bounded(() => client.workflow.start(REFUND_WORKFLOW_TYPE, refundStart(input)));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        await options.consumeTicket(refundId);
        return 'exists';
      }
      await options.consumeTicket(refundId);
      return 'started';
    },
    decide: (refundId, input, updateId) => update(refundId, decideStageUpdate, input, updateId),
    decideBySignal: (refundId, input) =>
      toNewest(refundId, (workflowId) => signal(workflowId, decideStageSignal, input)),
    orderChanged: (refundId) => toNewest(refundId, (workflowId) => signal(workflowId, orderChangedSignal)),
    replan: (refundId, replanId) => signal(refundWorkflowId(refundId), replanSignal, { replanId }),
    withdraw: (refundId, input, updateId) => update(refundId, withdrawRefundUpdate, input, updateId),
    provideInformation: (refundId, input, updateId) => update(refundId, provideInformationUpdate, input, updateId),
    appeal: (refundId, input, updateId) => update(refundId, appealRefundUpdate, input, updateId),
    acceptOffer: (refundId, input, updateId) => update(refundId, acceptOfferUpdate, input, updateId),
    confirmReceipt: (refundId, input, updateId) => updateOrReopen(refundId, confirmReceiptUpdate, input, updateId),
    actOnDesk: (refundId, input, updateId) => update(refundId, actOnDeskUpdate, input, updateId),
    async reconcile(commandId) {
      try {
        await bounded(() =>
          client.workflow.start(RECONCILE_WORKFLOW_TYPE, {
            workflowId: reconcileWorkflowId(commandId),
            taskQueue: REFUNDS_QUEUE,
            args: [{ commandId }],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
            staticSummary: 'Compares one day, as somebody asked.',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async providerEvent(refundId, providerEventId) {
      if (!(await deliverProviderEvent(doors, refundId, providerEventId)))
        throw new WorkflowMissing('No workflow of this refund runs, and none can be started.');
    },
    async tendBankTransfers() {
      // A round under way may have looked already, so it is told; one that begins after this has everything before it.
      if (await wasSent(signal(tendBankTransfersStart.workflowId, bankWorkSignal))) return;
      await bounded(() => client.workflow.start(TEND_BANK_TRANSFERS_TYPE, tendBankTransfersStart));
    },
    nudgeDelivery: () => wasSent(signal(DELIVERY_WORKFLOW_ID, messagesDueSignal)),
    async ping() {
      try {
        await bounded(() => connection.workflowService.getSystemInfo({}));
        return true;
      } catch (error) {
        if (error instanceof EngineUnavailable) return false;
        throw error;
      }
    },
    async close() {
      // A call that comes now, or a retry that is waiting for its turn, would meet a closed channel and throw where nobody can
      // catch it.
      isClosing = true;
      for (const abort of open.values()) abort.abort();
      await Promise.race([
        Promise.allSettled(open.keys()),
        new Promise((resolve) => setTimeout(resolve, CLOSE_WAIT_MS).unref()),
      ]);
      await connection.close();
    },
  };
}
