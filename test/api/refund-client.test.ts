import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { createRefundClient, type RefundClient } from '../../api/refund-client';
import {
  EngineUnavailable,
  mayBeSentAgain,
  RefundRefused,
  toEngineError,
  WorkflowMissing,
} from '../../api/refund-client-errors';
import { createTurns } from '../../api/turns';
import { FAILURE_TYPES, TEND_BANK_TRANSFERS_TYPE, tendBankTransfersStart } from '../../contract';
import { openEngine, type TestEngine } from './support/engine';

const clientOf = (address: string, options: { namespace?: string; timeoutMs?: number } = {}): RefundClient =>
  createRefundClient({
    address,
    namespace: options.namespace ?? 'default',
    timeoutMs: options.timeoutMs ?? 400,
    readStart: () => Promise.resolve(null),
    consumeTicket: () => Promise.resolve(),
    readWorkflowId: () => Promise.resolve(null),
    readRun: () => Promise.resolve(null),
    claimRun: () => Promise.resolve(false),
  });

/** What the transport throws then is nobody's to catch: it would fail the test that runs. */
const secondAttemptLater = () => new Promise((resolve) => setTimeout(resolve, 300));

const DECISION = {
  commandId: 'cm_1',
  actor: { kind: 'person', id: 'ky_1', personId: 'pn_1', roles: ['reviewer'] },
  content: { stage: 'first_review', decision: 'approve', snapshotVersion: 1, approvedAmountMinor: null },
} as const;
const decision = { ...DECISION, actor: { ...DECISION.actor, roles: ['reviewer'] } };

describe('every call to the engine ends in time', () => {
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it.each([
    ['takes connections and says nothing', () => `127.0.0.1:${(silent.address() as AddressInfo).port}`],
    ['is not there', () => '127.0.0.1:1'],
  ])('when the server %s', async (_how, address) => {
    const client = clientOf(address());
    const startedAt = Date.now();
    await expect(client.decide('rf_1', decision, 'update-1')).rejects.toBeInstanceOf(EngineUnavailable);
    await expect(client.providerEvent('rf_1', 'pe_1')).rejects.toBeInstanceOf(EngineUnavailable);
    expect(await client.ping()).toBe(false);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    await client.close();
  });

  it('also when it comes while the client closes or after that, and nothing is thrown later', async () => {
    for (const aloneMs of [0, 200, 420]) {
      const client = clientOf('127.0.0.1:1');
      const before = client.ping();
      await new Promise((resolve) => setTimeout(resolve, aloneMs));
      const closing = client.close();
      await expect(client.providerEvent('rf_1', 'pe_1')).rejects.toBeInstanceOf(EngineUnavailable);
      await closing;
      await expect(client.decide('rf_1', decision, 'update-1')).rejects.toBeInstanceOf(EngineUnavailable);
      expect([await before, await client.nudgeDelivery().catch(() => 'away')]).toEqual([false, 'away']);
      await secondAttemptLater();
    }
  });
});

describe('a refund without a workflow', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  it('is told apart from an engine that does not answer', async () => {
    const client = clientOf(engine.address, { namespace: engine.namespace, timeoutMs: 5_000 });
    await expect(client.decide('rf_none', decision, 'update-1')).rejects.toBeInstanceOf(WorkflowMissing);
    await expect(client.decideBySignal('rf_none', decision)).rejects.toBeInstanceOf(WorkflowMissing);
    expect(await client.nudgeDelivery()).toBe(false);
    expect(await client.ping()).toBe(true);
    expect(await client.start('rf_none')).toBe('exists');
    await client.close();
  });

  it('does not matter to bank transfers: they are tended at once, and a run that is under way is told to go on', async () => {
    const client = clientOf(engine.address, { namespace: engine.namespace, timeoutMs: 5_000 });
    const look = () => engine.client.workflow.getHandle(tendBankTransfersStart.workflowId).describe();
    await client.tendBankTransfers();
    const first = await look();
    await client.tendBankTransfers();
    expect(await look()).toMatchObject({ type: TEND_BANK_TRANSFERS_TYPE, runId: first.runId });
    const { events } = await engine.client.workflow.getHandle(tendBankTransfersStart.workflowId).fetchHistory();
    const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    expect(signals).toEqual(['bankWork']);
    await client.close();
    await expect(clientOf('127.0.0.1:1').tendBankTransfers()).rejects.toBeInstanceOf(EngineUnavailable);
  });
});

describe('what the engine says', () => {
  const failed = (type: string, ...details: unknown[]) =>
    new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('said', type, ...details));

  it('becomes a refusal, a missing workflow, or an engine that is away', () => {
    const refusal = { code: 'already_decided', data: { at: '2026-11-23T02:40:00.000Z' } };
    const refused = toEngineError(failed(FAILURE_TYPES.refused, refusal));
    expect(refused).toBeInstanceOf(RefundRefused);
    expect((refused as RefundRefused).refusal).toEqual(refusal);
    expect(toEngineError(new WorkflowNotFoundError('none', 'refund-1', undefined))).toBeInstanceOf(WorkflowMissing);
    expect(toEngineError(failed('AcceptedUpdateCompletedWorkflow'))).toBeInstanceOf(WorkflowMissing);
    expect(toEngineError(new Error('anything else'))).toBeInstanceOf(EngineUnavailable);
  });

  it('may be asked again only when nothing was done', () => {
    const exhausted = Object.assign(new Error('8 RESOURCE_EXHAUSTED'), { code: 8 });
    expect(mayBeSentAgain(failed('UnprocessedUpdate'))).toBe(true);
    expect(mayBeSentAgain(new Error('call failed', { cause: exhausted }))).toBe(true);
    expect(mayBeSentAgain(failed(FAILURE_TYPES.refused, { code: 'too_late', data: {} }))).toBe(false);
    expect(mayBeSentAgain(Object.assign(new Error('4 DEADLINE_EXCEEDED'), { code: 4 }))).toBe(false);
  });
});

describe('turns', () => {
  it('let so many of one key run at once, in order, and forget empty lines', async () => {
    const turns = createTurns(2);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const work = (n: number) => async (): Promise<void> => {
      begun.push(n);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    };
    await Promise.all(Array.from({ length: 6 }, (_, n) => turns.take('a', work(n))));
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(turns.size).toBe(0);
  });

  it('go on after a failure', async () => {
    const turns = createTurns(1);
    const failure = turns.take('a', () => Promise.reject(new Error('no')));
    const next = turns.take('a', () => Promise.resolve('yes'));
    await expect(failure).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
