import type { WorkflowHandle } from '@temporalio/client';
import { defineQuery } from '@temporalio/workflow';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow';
import { defaultDataConverter, type SearchAttributePair } from '@temporalio/common';
import {
  REFUND_AMOUNT_MINOR,
  REFUND_DUE_AT,
  REFUND_STAGE,
  REFUND_STATUS,
  REFUND_TIER,
  refundWorkflowId,
} from '../../contract';
import { approve, openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface WorkflowMetadata {
  currentDetails?: string;
  definition?: { updateDefinitions?: { name?: string; description?: string }[] };
}

const metadata = (handle: WorkflowHandle): Promise<WorkflowMetadata> =>
  handle.query(defineQuery<WorkflowMetadata>('__temporal_workflow_metadata'));

async function attributes(handle: WorkflowHandle): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await handle.describe();
  return Object.fromEntries(
    [REFUND_STATUS, REFUND_STAGE, REFUND_TIER, REFUND_AMOUNT_MINOR, REFUND_DUE_AT].map((key) => [
      key.name,
      typedSearchAttributes.get(key as SearchAttributePair['key']),
    ]),
  );
}

test('the workflow is found by the refund’s id, and its summary says what it is about', async () => {
  const handle = await world.start(800_000);
  expect(handle.workflowId).toBe(refundWorkflowId(world.refundIdOf(handle)));
  const description = await handle.describe();
  expect(await description.staticSummary()).toBe('800000 CNY (minor units), large, default@1');
  const { definition } = await metadata(handle);
  for (const update of definition?.updateDefinitions ?? []) expect(update.description).toBeTruthy();
  expect(definition?.updateDefinitions?.length).toBe(7);
});

test('typed search attributes follow the stage and the end', async () => {
  const handle = await world.start(129_900);
  const opened = await world.state(handle);
  expect(await attributes(handle)).toEqual({
    RefundStatus: 'in_review',
    RefundStage: 'first_review',
    RefundTier: 'medium',
    RefundAmountMinor: 129_900,
    RefundDueAt: new Date(opened.stage?.dueAt ?? ''),
  });
  await world.decide(handle, 'reviewer', approve('first_review'));
  const second = await world.until(handle, ({ stage }) => stage?.id === 'second_review');
  expect(await attributes(handle)).toMatchObject({
    RefundStatus: 'in_review',
    RefundStage: 'second_review',
    RefundDueAt: new Date(second.stage?.dueAt ?? ''),
  });
  await world.decide(handle, 'approver', approve('second_review'));
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  const after = await attributesWhen(handle, 'paid');
  expect(after).toMatchObject({ RefundStatus: 'paid', RefundDueAt: new Date(paid.arrival?.promisedBy ?? '') });
  expect(after['RefundStage'] ?? null).toBeNull();
  await world.confirmReceipt(handle);
  await handle.result();
  expect(await attributes(handle)).toMatchObject({ RefundStatus: 'arrived' });
});

/** The upsert follows the record step by a moment. */
async function attributesWhen(handle: WorkflowHandle, status: string): Promise<Record<string, unknown>> {
  const endsAt = Date.now() + 5_000;
  for (;;) {
    const found = await attributes(handle);
    if (found['RefundStatus'] === status || Date.now() > endsAt) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('current details name who is waited for, for what and until when, and nothing personal', async () => {
  const handle = await world.start(129_900);
  const { stage } = await world.state(handle);
  const details = (await metadata(handle)).currentDetails ?? '';
  expect(details).toContain('**in_review**');
  expect(details).toContain('1,299.00');
  expect(details).toContain(`Waits for **role:reviewer** at first_review until ${stage?.dueAt}`);
  expect(details).toContain('First review (初审) ← now');
  await world.decide(handle, 'reviewer', { ...approve('first_review'), decision: 'request_info' });
  const asked = await world.until(handle, ({ status }) => status === 'awaiting_customer');
  const waiting = (await metadata(handle)).currentDetails ?? '';
  expect(waiting).toContain(`Waits for **customer** at first_review until ${asked.answer?.deadlineAt}`);
  const history = JSON.stringify(await handle.fetchHistory());
  for (const personal of ['customer@example.com', '测试顾客', 'Demo reviewer']) {
    expect(details + waiting).not.toContain(personal);
    expect(history).not.toContain(Buffer.from(personal).toString('base64').slice(0, -4));
  }
});

test('every activity, local activity and timer says what it is for', async () => {
  const handle = await world.start(10_000);
  const { stage } = await world.state(handle);
  await world.advanceTo(handle, stage?.rungs[0]?.at ?? '');
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  await world.confirmReceipt(handle);
  await handle.result();
  const events = (await handle.fetchHistory()).events ?? [];
  const steps = events.filter(
    (event) =>
      event.activityTaskScheduledEventAttributes != null ||
      event.timerStartedEventAttributes != null ||
      event.markerRecordedEventAttributes?.markerName === 'core_local_activity',
  );
  expect(steps.length).toBeGreaterThanOrEqual(8);
  const summaries = await Promise.all(
    steps.map((event) => decodeOptionalSinglePayload<string>(defaultDataConverter, event.userMetadata?.summary)),
  );
  for (const [i, summary] of summaries.entries()) {
    expect([steps[i]?.eventId?.toString(), summary]).toEqual([
      steps[i]?.eventId?.toString(),
      expect.stringMatching(/\S/),
    ]);
    expect(Buffer.byteLength(summary ?? '')).toBeLessThanOrEqual(200);
  }
  expect(summaries).toEqual(
    expect.arrayContaining(['record decision', expect.stringMatching(/^pay .*100\.00.* by stripe$/)]),
  );
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
