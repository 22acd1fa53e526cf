import { createRecordActivities } from '../../activities/record-transition';
import { ARRIVALS_NEEDED } from '../../domain/payment';
import { publicRefund, type PublicRefund, type Transition } from '../../domain/refund';
import { readRefund, readWorkflowStart, type Database } from '../../store';
import type { Shop } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
beforeEach(async () => {
  store = await openStore(new Date('2026-03-01T00:00:00Z'));
  ({ db, shop } = store);
});
afterEach(() => store.close());

/** A Monday morning in Shanghai. */
const PAID_AT = '2026-03-02T02:00:00.000Z';

interface Paid {
  refundId: string;
  record(at: string, transition: Transition): Promise<void>;
  sight(outcome: 'succeeded' | 'failed', traceNumber?: string | null): Promise<void>;
  receipt(arrivedAt: string): Promise<void>;
  view(): Promise<PublicRefund>;
}

/** A refund that one person approved and its provider paid on Monday. */
async function paid(payments?: string[]): Promise<Paid> {
  const order = await shop.addOrder(10_000, payments ? { providerPaymentIds: payments } : {});
  const refundId = await shop.accept(order, 10_000, PAID_AT);
  const start = await readWorkflowStart(db, refundId);
  if (!start) throw new Error('nothing to start');
  const { recordTransition } = createRecordActivities({ db, canReturn: () => true });
  let { state } = start;
  let n = 0;
  const record: Paid['record'] = async (at, transition) => {
    const recorded = await recordTransition({ refundId, planHash: start.planHash, seq: state.seq + 1, at, transition });
    if (recorded.refused) throw new Error(recorded.refused.code);
    state = recorded.state;
  };
  const content = {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 1,
    approvedAmountMinor: null,
  } as const;
  const command = await shop.decide(refundId, 'reviewer', content, { at: PAID_AT });
  const actorOf = (one: typeof command) =>
    ({ kind: one.principalKind, id: one.principalId, personId: one.personId, roles: one.roles }) as const;
  await record(PAID_AT, { id: command.id, kind: 'decision', commandId: command.id, actor: actorOf(command), content });
  const refund: Paid = {
    refundId,
    record,
    async sight(outcome, traceNumber = null) {
      for (const leg of state.legs) {
        n += 1;
        await record(PAID_AT, {
          id: `payment-${n}`,
          kind: 'payment',
          legId: leg.id,
          sighting: {
            source: 'query',
            outcome,
            providerEventId: null,
            providerRefundId: `re_${leg.reference}`,
            amountMinor: leg.amountMinor,
            failure: outcome === 'failed' ? { class: 'account_frozen_or_closed', code: 'closed' } : null,
            traceNumber,
            at: PAID_AT,
          },
        });
      }
    },
    async receipt(arrivedAt) {
      const at = '2026-03-20T02:00:00.000Z';
      const one = await shop.command({ kind: 'confirm_receipt', refundId, who: 'customer', body: { arrivedAt }, at });
      await record(at, { id: one.id, kind: 'receipt', commandId: one.id, actor: actorOf(one) });
    },
    async view() {
      const stored = await readRefund(db, 'test', refundId);
      if (!stored) throw new Error('not there');
      return publicRefund(stored);
    },
  };
  return refund;
}

/** As many confirmed arrivals by card as are needed, each some working days after it was paid. */
async function arrivals(
  workingDays: number[],
  confirmedAt = '2026-03-01T00:00:00Z',
  provider = 'stripe',
): Promise<void> {
  for (const days of workingDays) {
    const refundId = await shop.accept(await shop.addOrder(100), 100, PAID_AT);
    await db.arrivalObservation.create({
      data: {
        refundId,
        mode: 'test',
        provider,
        method: 'bank_card',
        workingDays: days,
        confirmedAt: new Date(confirmedAt),
      },
    });
  }
}

const enough = Array.from({ length: ARRIVALS_NEEDED }, (_, i) => (i < ARRIVALS_NEEDED / 2 ? 1 : i < 18 ? 2 : 9));

test('the table promises while nothing is measured, and says so', async () => {
  const refund = await paid();
  await refund.sight('succeeded');
  expect((await refund.view()).arrival).toEqual({
    expectedFrom: '2026-03-05T15:59:59.999Z',
    expectedTo: '2026-03-11T15:59:59.999Z',
    basis: 'seed_table',
    confirmedAt: null,
  });
});

test('enough confirmed arrivals of the method and provider promise by their half and nine tenths', async () => {
  await arrivals(enough);
  const refund = await paid();
  await refund.sight('succeeded');
  const promised = {
    expectedFrom: '2026-03-03T15:59:59.999Z',
    expectedTo: '2026-03-04T15:59:59.999Z',
    basis: 'measured',
    confirmedAt: null,
  };
  expect((await refund.view()).arrival).toEqual(promised);
  // What is measured later changes nothing of what was promised.
  await db.arrivalObservation.updateMany({ data: { workingDays: 30 } });
  expect((await refund.view()).arrival).toEqual(promised);
});

test.each<[string, () => Promise<void>]>([
  ['one too few', () => arrivals(enough.slice(1))],
  ['of half a year ago', () => arrivals(enough, '2025-09-02T00:00:00Z')],
  ['of another provider', () => arrivals(enough, '2026-03-01T00:00:00Z', 'alipay')],
])('arrivals that are %s promise nothing', async (_title, have) => {
  await have();
  const refund = await paid();
  await refund.sight('succeeded');
  expect((await refund.view()).arrival.basis).toBe('seed_table');
});

test('a receipt tells in working days how long the money took; money that comes back unsays it', async () => {
  const refund = await paid();
  await refund.sight('succeeded');
  await refund.receipt('2026-03-09T08:00:00.000Z');
  expect(await db.arrivalObservation.findMany()).toEqual([
    {
      refundId: refund.refundId,
      mode: 'test',
      provider: 'stripe',
      method: 'bank_card',
      workingDays: 5,
      confirmedAt: new Date('2026-03-20T02:00:00.000Z'),
    },
  ]);
  expect((await refund.view()).arrival).toMatchObject({ confirmedAt: '2026-03-09T08:00:00.000Z', basis: 'seed_table' });
  await refund.sight('failed');
  expect(await db.arrivalObservation.count()).toBe(0);
});

test('two payments of one provider and method teach as one; by two methods they teach nothing', async () => {
  const together = await paid(['pi_a', 'pi_b']);
  await together.sight('succeeded');
  await together.receipt('2026-03-09T08:00:00.000Z');
  expect(await db.arrivalObservation.findMany()).toMatchObject([{ refundId: together.refundId, workingDays: 5 }]);
  const apart = await paid(['pi_c', 'pi_d']);
  await apart.sight('succeeded');
  await db.$executeRaw`
    WITH unfrozen AS (SELECT set_config('session_replication_role', 'replica', true))
    UPDATE payments SET method = 'alipay' FROM unfrozen WHERE provider_payment_id = 'pi_d'`;
  await apart.receipt('2026-03-09T08:00:00.000Z');
  expect(await db.arrivalObservation.count()).toBe(1);
});

test('the number to trace the money by is shown with its payment, from whichever sighting tells it', async () => {
  const refund = await paid();
  await refund.sight('succeeded');
  expect((await refund.view()).payments).toMatchObject([{ status: 'succeeded', traceNumber: null }]);
  await refund.sight('succeeded', '74000000000000000000001');
  await refund.sight('succeeded');
  expect((await refund.view()).payments).toMatchObject([{ traceNumber: '74000000000000000000001' }]);
});
