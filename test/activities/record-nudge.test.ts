import { newId } from '../../store';
import { attempt, openBench, type Bench } from './support/bench';

/** What becomes due now waits for nobody yet: nobody delivers here. */
const now = new Date().toISOString();

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** A refund whose one leg was paid, and the record step of that. */
async function setUp() {
  const { refundId, legId } = await bench.payingRefund();
  let nudges = 0;
  const activities = bench.activities({ nudgeDelivery: () => void (nudges += 1) });
  const sighting = await attempt(1, activities.instructPayment, { refundId, legId, attempt: 1, now });
  const { planHash, transitionSeq } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  const transition = { id: 'payment-1', kind: 'payment', legId, attempt: 1, sighting } as const;
  const input = { refundId, planHash, seq: transitionSeq + 1, at: now, transition };
  return { record: () => attempt(1, activities.recordTransition, input), nudges: () => nudges };
}

describe('the record step wakes the shared delivery', () => {
  test('not for what the refund’s own workflow tells', async () => {
    const { record, nudges } = await setUp();
    expect((await record()).state.status).toBe('paid');
    expect(nudges()).toBe(0);
  });

  test('for what an earlier attempt may have committed without waking it', async () => {
    const { record, nudges } = await setUp();
    await record();
    await record();
    expect(nudges()).toBe(1);
  });

  test('for an event that an endpoint wants', async () => {
    await bench.db.webhookEndpoint.create({
      data: {
        id: newId('wh'),
        mode: 'test',
        url: 'https://hooks.example.com/refunds',
        secret: 'whsec_test',
        createdById: 'ak_test',
        events: ['refund.paid'],
        createdAt: new Date(),
      },
    });
    const { record, nudges } = await setUp();
    await record();
    expect(nudges()).toBe(1);
  });
});
