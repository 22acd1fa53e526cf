import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection, type ClientOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../contract';
import { waitForTemporal } from '../../devstack/temporal';
import { ask } from './ask';

const { IndexedValueType, FastForwardPollingResult: Polling } = temporal.api.enums.v1;
const ONE_DAY_MS = 86_400_000;

export interface TestNamespace {
  readonly address: string;
  readonly namespace: string;
  /** Starts workflows in real time. */
  readonly client: Client;
  /** Starts workflows whose clock jumps ahead whenever nothing is in flight; waiting for a person is not in flight. */
  readonly skippingClient: Client;
  readonly connection: Connection;
  close(): Promise<void>;
}

/**
 * A namespace of its own on the test run's dev server, with the refund's search attributes ready (some 40 ms), so that
 * test files can run beside each other with the same workflow ids and task queues.
 */
export async function createTestNamespace(options: Pick<ClientOptions, 'dataConverter'> = {}): Promise<TestNamespace> {
  const { address } = await ask('/temporal');
  const namespace = `test-${randomBytes(8).toString('hex')}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(ONE_DAY_MS),
  });
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributeTypes() });
  await waitForTemporal(address, namespace);
  return {
    address,
    namespace,
    connection,
    client: new Client({ connection, namespace, ...options }),
    skippingClient: new Client({ connection: withTimeSkipping(connection), namespace, ...options }),
    close: () => connection.close(),
  };
}

/** The workflows of this repository, bundled once for the whole test run: `Worker.create({ workflowBundle: await workflowBundle() })`. */
export const workflowBundle = (): Promise<{ codePath: string }> => ask('/bundle');

/**
 * The same connection, except that every workflow it starts has time skipping enabled from its first moment. The client
 * has no option for it, so the requests are completed on their way.
 */
export function withTimeSkipping(connection: Connection): Connection {
  const enabled = { enabled: true };
  const service = connection.workflowService;
  const skipping = Object.assign(Object.create(service) as typeof service, {
    startWorkflowExecution: (request: object) =>
      service.startWorkflowExecution({ ...request, timeSkippingConfig: enabled }),
    signalWithStartWorkflowExecution: (request: object) =>
      service.signalWithStartWorkflowExecution({ ...request, timeSkippingConfig: enabled }),
    executeMultiOperation: (request: temporal.api.workflowservice.v1.IExecuteMultiOperationRequest) =>
      service.executeMultiOperation({ ...request, operations: (request.operations ?? []).map(withConfig) }),
  });
  return Object.create(connection, { workflowService: { value: skipping } }) as Connection;

  function withConfig(
    operation: temporal.api.workflowservice.v1.ExecuteMultiOperationRequest.IOperation,
  ): temporal.api.workflowservice.v1.ExecuteMultiOperationRequest.IOperation {
    if (operation.startWorkflow == null) return operation;
    return { ...operation, startWorkflow: { ...operation.startWorkflow, timeSkippingConfig: enabled } };
  }
}

/** Lets a running workflow's clock jump from now on, to its end, whenever nothing is in flight. */
export async function enableSkipping(client: Client, workflowId: string): Promise<void> {
  await setTimeSkipping(client, workflowId, { enabled: true });
}

/** Lets a running workflow's clock run as the wall's again, from where it stands. */
export async function disableSkipping(client: Client, workflowId: string): Promise<void> {
  await setTimeSkipping(client, workflowId, { enabled: false });
}

/** The time of the longest test: dozens of timers on the way cost most of a second each, and more on a busy machine. */
const FAST_FORWARD_PATIENCE_MS = 170_000;

/**
 * Moves a running workflow's clock ahead by `durationMs`, firing on the way every timer that falls due, and stops
 * skipping there. Resolves when the clock has arrived; work that the last timer began may still be going on. Children
 * keep their own time: fast-forward them by their own id.
 * @throws Error when the workflow ends or is told otherwise before the clock arrives
 */
export async function fastForward(client: Client, workflowId: string, durationMs: number): Promise<void> {
  const id = randomUUID();
  const duration = msToTs(durationMs);
  await setTimeSkipping(client, workflowId, { enabled: true, fastForwardConfig: { id, duration } });
  const endsAt = Date.now() + FAST_FORWARD_PATIENCE_MS;
  while (Date.now() < endsAt) {
    const { fastForwardPollingResult, failedReason } = await client.workflowService.pollWorkflowExecutionTimeSkipping({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      fastForwardId: id,
    });
    if (fastForwardPollingResult === Polling.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED) return;
    if (fastForwardPollingResult === Polling.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED)
      throw new Error(`fast-forward of ${workflowId} failed: ${failedReason}`);
  }
  throw new Error(
    `fast-forward of ${workflowId} by ${durationMs} ms did not arrive within ${FAST_FORWARD_PATIENCE_MS} ms`,
  );
}

/** What time it is for a workflow. */
export async function virtualNow(client: Client, workflowId: string): Promise<Date> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const seconds = raw.workflowExtendedInfo?.timeSkippingInfo?.currentTime?.seconds;
  return seconds == null ? new Date() : new Date(Number(seconds) * 1000);
}

async function setTimeSkipping(
  client: Client,
  workflowId: string,
  config: temporal.api.common.v1.TimeSkippingConfig.$Properties,
): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    updateMask: { paths: ['time_skipping_config'] },
    workflowExecutionOptions: { timeSkippingConfig: config },
  });
}

function attributeTypes(): Record<string, temporal.api.enums.v1.IndexedValueType> {
  const types = {
    KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  };
  return Object.fromEntries(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, types[type]]));
}
