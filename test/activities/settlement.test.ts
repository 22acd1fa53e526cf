import { claimRefundMessages, newId, settleMessages, verifyRefundChain, type SentMessage } from '../../store';
import { openBench, type Bench } from './support/bench';

const nowIso = '2026-11-23T02:00:00.000Z';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function setUp(count: number) {
  const { refundId } = await bench.payingRefund();
  const messages: SentMessage[] = [];
  for (let seq = 100; seq < 100 + count; seq += 1) {
    const sent = { id: newId('ms'), mode: 'test', refundId, kind: 'refund_paid', channel: 'email' } as const;
    const message = { ...sent, recipient: 'customer' };
    await bench.db.message.create({
      data: {
        ...message,
        transitionSeq: seq,
        audience: 'customer',
        locale: 'en',
        owner: 'refund',
        dueAt: new Date(),
        createdAt: new Date(),
      },
    });
    messages.push(message);
  }
  const { auditSeq, auditHead } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  return {
    refundId,
    messages,
    head: { seq: auditSeq, head: auditHead },
    claim: (seq: number) =>
      claimRefundMessages(bench.db, {
        refundId,
        seq,
        channels: ['email'],
        nowIso: new Date().toISOString(),
        untilIso: new Date(Date.now() + 60_000).toISOString(),
      }),
    audited: () => bench.db.auditEvent.count({ where: { refundId, type: 'message.sent' } }),
    sent: () => bench.db.message.count({ where: { refundId, status: 'sent' } }),
  };
}

describe('settling what was delivered', () => {
  test('many at once that believe in the same end of a chain still make one chain, an entry each', async () => {
    const { refundId, messages, head, audited, sent } = await setUp(8);
    await Promise.all(messages.map((message) => settleMessages(bench.db, [message], nowIso, head)));
    expect([await audited(), await sent()]).toEqual([8, 8]);
    expect(await verifyRefundChain(bench.db, refundId)).toBeNull();
  });

  test('a guess that is wrong writes nothing of its own', async () => {
    const { refundId, messages, audited, sent } = await setUp(2);
    await settleMessages(bench.db, messages, nowIso, { seq: 900, head: 'f'.repeat(64) });
    expect([await audited(), await sent()]).toEqual([2, 2]);
    expect(await verifyRefundChain(bench.db, refundId)).toBeNull();
  });

  test('a batch about several refunds goes into the chain of each', async () => {
    const refunds = [await setUp(2), await setUp(1)];
    const messages = refunds.flatMap((refund) => refund.messages);
    await settleMessages(bench.db, messages, nowIso, refunds[0]?.head);
    for (const { refundId, audited, sent, messages: own } of refunds) {
      expect([await audited(), await sent()]).toEqual([own.length, own.length]);
      expect(await verifyRefundChain(bench.db, refundId)).toBeNull();
    }
  });
});

test('a claim comes with the calendar as it stands, also when it has changed since the last one', async () => {
  const { claim } = await setUp(2);
  const first = await claim(100);
  const calendar = first.items[0]?.facts.calendar;
  if (!calendar) throw new Error('The first message could not be read.');
  await bench.db.calendar.update({
    where: { mode_id: { mode: 'test', id: calendar.id } },
    data: { document: { ...calendar, place: { ...calendar.place, en: 'Harbin' } } as object },
  });
  const second = await claim(101);
  expect(second.items[0]?.facts.calendar.place.en).toBe('Harbin');
  expect(calendar.place.en).not.toBe('Harbin');
});
