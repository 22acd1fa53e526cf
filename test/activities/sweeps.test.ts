import { listOpenRefundsToCheck } from '../../store';
import { openBench, type Bench } from './support/bench';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('every open refund is looked at within as many rounds as there are parts, and a finished watch never', async () => {
  const longAgo = new Date(Date.now() - 3_600_000);
  const open: string[] = [];
  for (let i = 0; i < 7; i += 1) open.push((await bench.payingRefund()).refundId);
  const { refundId: watched } = await bench.payingRefund();
  const { process } = await bench.db.refund.findUniqueOrThrow({ where: { id: watched } });
  const arrival = { promisedBy: longAgo.toISOString(), watchUntil: longAgo.toISOString(), overdue: true };
  await bench.db.refund.update({
    where: { id: watched },
    data: { status: 'paid', process: { ...(process as object), arrival } },
  });
  bench.plants(watched, 'evidence: paid, and a leg is not', 'one_truth: status is');
  const { refundId: fresh } = await bench.payingRefund();
  await bench.db.startTicket.updateMany({ data: { consumedAt: longAgo } });
  await bench.db.refund.updateMany({ where: { id: { not: fresh } }, data: { updatedAt: longAgo } });

  const seen = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const part = await listOpenRefundsToCheck(bench.db, {
      nowIso: new Date().toISOString(),
      unchangedSinceIso: new Date(Date.now() - 60_000).toISOString(),
      round: 29_000_000 + round,
      limit: 2,
    });
    expect(part.every(({ refundId }) => !seen.has(refundId))).toBe(true);
    for (const { refundId } of part) seen.add(refundId);
  }
  expect([...seen].toSorted()).toEqual(open.toSorted());
});

test('what was given up is looked at as long as something of it is watched or asked about, and no longer', async () => {
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const longAgo = new Date(Date.now() - 3_600_000);
  const givenUp = { at: longAgo.toISOString() };
  const watch = { promisedBy: soon, watchUntil: soon, overdue: false };
  const cases: Record<string, [process: object, leg: object, isLookedAt: boolean]> = {
    'nothing was paid': [{ arrival: null }, { nextQueryAt: null }, false],
    'a part was paid and is watched': [{ arrival: watch }, { nextQueryAt: null }, true],
    'a part was paid and its watch is over': [
      { arrival: { ...watch, watchUntil: longAgo.toISOString() } },
      { nextQueryAt: null },
      false,
    ],
    'a part was paid and has arrived': [{ arrival: { ...watch, confirmedAt: soon } }, { nextQueryAt: null }, false],
    'its provider is asked anew': [{ arrival: null }, { nextQueryAt: soon }, true],
  };
  const expected: string[] = [];
  const all: string[] = [];
  for (const [changes, leg, isLookedAt] of Object.values(cases)) {
    const { refundId } = await bench.payingRefund();
    const { process } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const legs = (process as { legs: object[] }).legs.map((one) => ({ ...one, givenUp: true, ...leg }));
    await bench.db.refund.update({
      where: { id: refundId },
      data: { status: 'payment_failed', process: { ...(process as object), ...changes, givenUp, legs } },
    });
    bench.plants(refundId, 'one_truth: status is', 'one_truth: waiting is');
    all.push(refundId);
    if (isLookedAt) expected.push(refundId);
  }
  await bench.db.startTicket.updateMany({ data: { consumedAt: longAgo } });
  await bench.db.refund.updateMany({ data: { updatedAt: longAgo } });
  const found = await listOpenRefundsToCheck(bench.db, {
    nowIso: new Date().toISOString(),
    unchangedSinceIso: new Date(Date.now() - 60_000).toISOString(),
    round: 1,
    limit: 1_000,
  });
  expect(
    found
      .map(({ refundId }) => refundId)
      .filter((id) => all.includes(id))
      .toSorted(),
  ).toEqual(expected.toSorted());
});
