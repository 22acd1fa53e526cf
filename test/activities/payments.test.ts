import { ApplicationFailure } from '@temporalio/common';
import { GatewayBusyError } from '../../integrations/payments';
import {
  attempt,
  FakeProvider,
  gatewaysOf,
  openBench,
  untilAnswered,
  type Bench,
  type PayingRefund,
} from './support/bench';

const now = '2026-11-23T02:00:00.000Z';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const setUp = async (): Promise<{
  provider: FakeProvider;
  refund: PayingRefund;
  input: { refundId: string; legId: string; attempt: number; now: string };
  activities: ReturnType<Bench['activities']>;
}> => {
  const provider = new FakeProvider();
  const refund = await bench.payingRefund();
  return {
    provider,
    refund,
    input: { refundId: refund.refundId, legId: refund.legId, attempt: 1, now },
    activities: bench.activities({
      clock: () => new Date(now),
      gateways: gatewaysOf(provider),
    }),
  };
};

const statusOf = async (refund: PayingRefund): Promise<string> =>
  (await bench.db.paymentAttempt.findUniqueOrThrow({ where: { reference: refund.reference } })).status;

describe('instructPayment', () => {
  test('pays the amount of the row under the reference of the row, which says so before the call leaves', async () => {
    const { provider, refund, input, activities } = await setUp();
    let statusAtCall = '';
    provider.beforeMoving = async () => void (statusAtCall = await statusOf(refund));
    const seen = await attempt(1, activities.instructPayment, input);
    expect(seen).toMatchObject({ source: 'reply', outcome: 'succeeded', amountMinor: 100_00 });
    expect(provider.movements).toMatchObject([
      { reference: refund.reference, amountMinor: 100_00, currency: 'CNY', instructedBefore: false },
    ]);
    expect(statusAtCall).toBe('instructed');
    expect(provider.queries).toBe(0);
  });

  test('a second attempt does not pay twice when the first one lost the reply', async () => {
    const { provider, input, activities } = await setUp();
    provider.afterMoving = () => {
      throw new Error('the worker died');
    };
    await expect(attempt(1, activities.instructPayment, input)).rejects.toThrow('the worker died');
    const seen = await attempt(2, activities.instructPayment, input);
    expect(seen).toMatchObject({ source: 'query', outcome: 'succeeded' });
    expect(provider.movements).toHaveLength(1);
  });

  test('a second attempt pays once, under the same reference, when the worker died before the call', async () => {
    const { provider, refund, input, activities } = await setUp();
    provider.beforeMoving = () => {
      throw new Error('the worker died');
    };
    await expect(attempt(1, activities.instructPayment, input)).rejects.toThrow('the worker died');
    provider.beforeMoving = () => undefined;
    await attempt(2, activities.instructPayment, input);
    expect(provider.queries).toBe(1);
    expect(provider.movements).toMatchObject([{ reference: refund.reference, instructedBefore: true }]);
  });

  test('what a query cannot tell is not instructed again', async () => {
    const { provider, input, activities } = await setUp();
    await attempt(1, activities.instructPayment, input);
    const unknown = { ...(await provider.query({ reference: 'X', amountMinor: 1, now })), failure: null };
    provider.query = async () => unknown;
    await expect(attempt(2, activities.instructPayment, input)).resolves.toEqual(unknown);
    expect(provider.movements).toHaveLength(1);
  });

  test.each(['succeeded', 'failed'] as const)('an attempt proven %s is answered without a call', async (status) => {
    const { provider, refund, input, activities } = await setUp();
    await bench.db.paymentAttempt.update({
      where: { reference: refund.reference },
      data: {
        status,
        settledAt: new Date(now),
        ...(status === 'failed' ? { failureClass: 'disputed', failureCode: 'd1' } : {}),
      },
    });
    // Said by hand: no money moved, and nobody has seen any.
    const { paymentId } = await bench.db.allocation.findUniqueOrThrow({ where: { id: refund.legId } });
    bench.plants(paymentId, 'within_capture');
    bench.plants(refund.refundId, 'evidence', 'one_truth: attempt');
    const seen = await attempt(3, activities.instructPayment, input);
    expect(seen).toMatchObject({
      outcome: status,
      failure: status === 'failed' ? { class: 'disputed', code: 'd1' } : null,
    });
    expect([provider.movements.length, provider.queries]).toEqual([0, 0]);
  });

  test('a busy provider is called again after growing pauses, never sooner than it asks for', async () => {
    const { provider, input, activities } = await setUp();
    provider.beforeMoving = () => {
      throw new GatewayBusyError('stripe', 'rate_limit', 7_000);
    };
    const failure = await attempt(1, activities.instructPayment, input).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'GatewayBusy', nonRetryable: false });
    const { pausesMs } = await untilAnswered(activities.instructPayment, (await setUp()).input);
    expect(pausesMs.every((pauseMs) => pauseMs >= 7_000)).toBe(true);
    expect(pausesMs.at(-1)).toBeGreaterThanOrEqual(32_000);
  });

  test('a provider that stays away holds what was certainly not sent, and the next call pays it once', async () => {
    const { provider, refund, input, activities } = await setUp();
    provider.beforeMoving = () => {
      throw new GatewayBusyError('stripe', 'ECONNREFUSED', 2_000);
    };
    const { answer, pausesMs } = await untilAnswered(activities.instructPayment, input);
    expect(answer).toMatchObject({
      source: 'reply',
      outcome: 'held',
      failure: null,
      hold: { reason: 'provider_unreachable', retryAt: '2026-11-23T02:05:00.000Z' },
    });
    expect(pausesMs.length).toBeGreaterThan(3);
    // What the record step makes of it.
    await bench.db.paymentAttempt.update({ where: { reference: refund.reference }, data: { status: 'reserved' } });
    provider.beforeMoving = () => undefined;
    await expect(attempt(1, activities.instructPayment, input)).resolves.toMatchObject({ outcome: 'succeeded' });
    expect(provider.movements).toMatchObject([{ reference: refund.reference }]);
  });

  test('a provider that stays away after a call that may have left is unknown, never held', async () => {
    const { provider, input, activities } = await setUp();
    provider.afterMoving = () => {
      throw new Error('the worker died');
    };
    await expect(attempt(1, activities.instructPayment, input)).rejects.toThrow('the worker died');
    provider.query = async () => {
      throw new GatewayBusyError('stripe', 'ECONNREFUSED', 2_000);
    };
    await expect(attempt(7, activities.instructPayment, input)).resolves.toMatchObject({
      source: 'reply',
      outcome: 'unknown',
      failure: { class: 'network', code: 'ECONNREFUSED' },
    });
    expect(provider.movements).toHaveLength(1);
  });

  test('a call that died after one that certainly did nothing makes it uncertain again', async () => {
    const { provider, input, activities } = await setUp();
    const away = (): never => {
      throw new GatewayBusyError('stripe', 'ECONNREFUSED', 2_000);
    };
    provider.beforeMoving = away;
    const told = { unsentAttempt: 1 };
    await expect(attempt(1, activities.instructPayment, input)).rejects.toMatchObject({ type: 'GatewayBusy' });
    provider.beforeMoving = () => {
      throw new Error('the worker died');
    };
    const second = attempt(2, activities.instructPayment, input, told);
    await expect(second).rejects.toThrow('the worker died');
    provider.query = away;
    provider.beforeMoving = away;
    await expect(attempt(7, activities.instructPayment, input, told)).resolves.toMatchObject({ outcome: 'unknown' });
  });

  test('a payment is judged by the day on which it is called, not by that on which it was scheduled', async () => {
    const { input } = await setUp();
    const provider = new FakeProvider();
    const later = '2026-11-25T04:00:00.000Z';
    const { instructPayment } = bench.activities({
      clock: () => new Date(later),
      gateways: gatewaysOf(provider),
    });
    await expect(attempt(1, instructPayment, input)).resolves.toMatchObject({ outcome: 'succeeded', at: later });
    expect(provider.movements).toMatchObject([{ now: later }]);
  });

  test('a refund that the record step has not brought to paying cannot be paid', async () => {
    const { provider, refund, input, activities } = await setUp();
    await bench.db.refund.update({ where: { id: refund.refundId }, data: { status: 'in_review' } });
    bench.plants(refund.refundId, 'one_truth: status is');
    await expect(attempt(1, activities.instructPayment, input)).rejects.toMatchObject({
      type: 'NotAccepted',
      nonRetryable: true,
    });
    expect(provider.movements).toHaveLength(0);
    expect(await statusOf(refund)).toBe('reserved');
  });

  test('nothing is paid without money held for it', async () => {
    const { provider, refund, input, activities } = await setUp();
    await bench.db.$transaction([
      bench.db.reservation.updateMany({
        where: { refundId: refund.refundId },
        data: { state: 'released', endedAt: new Date(now) },
      }),
      bench.db.payment.updateMany({
        where: { reservations: { some: { refundId: refund.refundId } } },
        data: { reservedMinor: 0 },
      }),
    ]);
    await expect(attempt(1, activities.instructPayment, input)).rejects.toMatchObject({ type: 'NotAccepted' });
    expect(provider.movements).toHaveLength(0);
  });

  test('another refund’s leg cannot be named', async () => {
    const { provider, input, activities } = await setUp();
    const other = await bench.payingRefund();
    await expect(attempt(1, activities.instructPayment, { ...input, legId: other.legId })).rejects.toMatchObject({
      type: 'NotAccepted',
    });
    expect(provider.movements).toHaveLength(0);
  });

  test('an account that is not configured is waited for, seen, and never called unknown', async () => {
    const { input } = await setUp();
    const activities = bench.activities({
      clock: () => new Date(now),
      gateways: gatewaysOf(null),
    });
    await expect(attempt(1, activities.instructPayment, input)).resolves.toMatchObject({
      outcome: 'held',
      hold: { reason: 'provider_not_configured', retryAt: '2026-11-23T02:05:00.000Z' },
    });
    await expect(attempt(1, activities.queryPayment, input)).resolves.toMatchObject({
      source: 'query',
      outcome: 'unknown',
      failure: { class: 'interface_changed', code: 'provider_not_configured' },
    });
  });
});

describe('queryPayment', () => {
  test('asks by the permanent reference and moves nothing', async () => {
    const { provider, input, activities } = await setUp();
    await attempt(1, activities.instructPayment, input);
    const seen = await attempt(1, activities.queryPayment, input);
    expect(seen).toMatchObject({ source: 'query', outcome: 'succeeded' });
    expect(provider.movements).toHaveLength(1);
  });

  test('a provider that cannot be asked is unknown after a while, so that its own back-off goes on to the desk', async () => {
    const { provider, input, activities } = await setUp();
    provider.query = async () => {
      throw new GatewayBusyError('stripe', 'ECONNREFUSED', 2_000);
    };
    const { answer, pausesMs } = await untilAnswered(activities.queryPayment, input);
    expect(answer).toMatchObject({ source: 'query', outcome: 'unknown', failure: { code: 'ECONNREFUSED' } });
    expect(pausesMs).toHaveLength(2);
  });
});
