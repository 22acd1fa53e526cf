import { createRecordActivities } from '../../activities/record-transition';
import type { DecisionContent } from '../../domain/refund';
import { putOrder, readPastRefunds, readWorkflowStart, type PastRefund } from '../../store';
import { openStore, type TestStore } from './support/open-store';

const NOW_MS = Date.now();
/** Of a day that is over, so that everything that happens to the refunds has happened. */
const at = (hours: number, seconds = 0): string =>
  new Date(NOW_MS - (48 - hours) * 3_600_000 + seconds * 1_000).toISOString();
const PERIOD = { mode: 'test', fromIso: at(0), toIso: at(48), branch: null, currency: null } as const;

let store: TestStore;
const ids: Record<string, string> = {};
beforeAll(async () => {
  store = await openStore(new Date(at(0)));
});
afterAll(() => store.close());

async function read(batchSize = 3): Promise<PastRefund[]> {
  const all: PastRefund[] = [];
  for await (const batch of readPastRefunds(store.db, PERIOD, batchSize)) {
    expect(batch.length).toBeLessThanOrEqual(batchSize);
    all.push(...batch);
  }
  return all;
}

/** As rows look that were written before facts were kept. */
const forget = (): Promise<unknown> =>
  store.db.$transaction([
    store.db.$executeRaw`SET LOCAL session_replication_role = replica`,
    store.db.$executeRaw`UPDATE refunds SET facts = NULL`,
  ]);

async function order(externalId: string, atIso: string, category = 'furniture'): Promise<void> {
  const line = {
    sku: 'S',
    name: 'Thing',
    unitPriceMinor: 100_000,
    discountMinor: 0,
    taxMinor: 0,
    attributes: { grams: 3 },
  };
  await putOrder(
    store.db,
    'test',
    externalId,
    {
      customer: { externalId: 'C-1', name: '测试顾客', locale: 'zh-CN' },
      currency: 'CNY',
      shippingMinor: 0,
      placedAt: at(0),
      branch: 'shanghai-1',
      jurisdiction: 'CN',
      lines: ['L1', 'L2'].map((name, i) => ({ ...line, externalId: name, category: `${category}-${i}`, quantity: 2 })),
      payments: [
        {
          externalId: 'P-1',
          provider: 'stripe',
          providerPaymentId: `pi_${externalId}`,
          merchantAccount: 'default',
          method: 'bank_card',
          amountMinor: 400_000,
          currency: 'CNY',
          capturedAt: at(0),
        },
      ],
    },
    new Date(atIso),
  );
}

/** Says something to a refund, at an instant, as its workflow would record it. */
async function driver(refundId: string) {
  const start = await readWorkflowStart(store.db, refundId);
  if (!start) throw new Error('nothing to start');
  const { recordTransition } = createRecordActivities({ db: store.db, canReturn: () => true });
  let { state } = start;
  const record = async (atIso: string, transition: Parameters<typeof recordTransition>[0]['transition']) => {
    const seq = state.seq + 1;
    const recorded = await recordTransition({ refundId, planHash: start.planHash, seq, at: atIso, transition });
    expect(recorded.refused).toBeNull();
    state = recorded.state;
  };
  return {
    async decide(atIso: string, decision: DecisionContent['decision'], approvedAmountMinor: number | null = null) {
      const content = { stage: 'first_review', decision, snapshotVersion: state.snapshotVersion, approvedAmountMinor };
      const command = await store.shop.decide(refundId, 'reviewer', content, { reason: 'seen', at: atIso });
      const { id, personId, principalId, roles } = command;
      const actor = { kind: 'person' as const, id: principalId, personId, roles };
      await record(atIso, { id, kind: 'decision', commandId: id, actor, content });
    },
    async answer(atIso: string, body: Record<string, unknown>) {
      const said = await store.shop.command({ kind: 'inform', refundId, who: 'customer', body, at: atIso });
      const actor = { kind: 'customer' as const, id: said.principalId, personId: null, roles: said.roles };
      await record(atIso, { id: said.id, kind: 'information', commandId: said.id, actor });
    },
  };
}

describe('refunds of a period as they were accepted', () => {
  it('come newest first in batches, each once, with what they were judged by', async () => {
    const { shop } = store;
    for (const name of ['quiet', 'resent', 'busy', 'answered']) await order(name, at(0));
    ids['first'] = await shop.accept('quiet', 3_000, at(1));
    ids['second'] = await shop.accept('quiet', 4_000, at(2), [{ externalId: 'L2', quantity: 1 }]);
    await (await driver(ids['first'])).decide(at(3), 'decline');
    ids['third'] = await shop.accept('quiet', 5_000, at(4), [{ externalId: 'L1', quantity: 1 }]);
    // A smaller approval counts as what it is from then on.
    await (await driver(ids['second'])).decide(at(5), 'approve', 1_000);
    ids['fourth'] = await shop.accept('quiet', 6_000, at(6));
    ids['resent'] = await shop.accept('resent', 7_000, at(7));
    ids['busy'] = await shop.accept('busy', 8_000, at(8));
    ids['hurried'] = await shop.accept('busy', 9_000, at(8, 30));
    ids['answered'] = await shop.accept('answered', 10_000, at(9));
    const answered = await driver(ids['answered']);
    await answered.decide(at(10), 'send_back');
    await answered.answer(at(11), { amountMinor: 2_000, description: 'Only a part of it, after all' });
    await order('resent', at(12), 'toys');

    const all = await read();
    expect(all.map(({ id }) => id)).toEqual(Object.values(ids).toReversed());
    expect(all.every(({ approximated }) => approximated.length === 0)).toBe(true);
    const totals = Object.fromEntries(all.map(({ id, facts }) => [id, facts.orderTotalOpenAndPaidMinor]));
    expect(['first', 'second', 'third', 'fourth'].map((name) => totals[ids[name] ?? ''])).toEqual([
      3_000,
      7_000,
      9_000,
      1_000 + 5_000 + 6_000,
    ]);
    const resent = all.find(({ id }) => id === ids['resent']);
    expect(resent?.facts.lines.map(({ category }) => category)).toEqual(['furniture-0', 'furniture-1']);
    expect(all.find(({ id }) => id === ids['answered'])?.facts).toMatchObject({
      amountMinor: 10_000,
      descriptionLength: 6,
    });
  });

  it('that were accepted before facts were kept are put together again, and what may have been another is named', async () => {
    const kept = new Map((await read()).map((refund) => [refund.id, refund]));
    await forget();
    const rebuilt = await read(100);
    expect(rebuilt).toHaveLength(kept.size);
    const doubts = Object.fromEntries(rebuilt.map(({ id, approximated }) => [id, approximated]));
    expect(Object.entries(ids).map(([name, id]) => [name, doubts[id]])).toEqual([
      ['first', []],
      ['second', ['lines']],
      ['third', []],
      ['fourth', []],
      ['resent', ['jurisdiction', 'lines', 'payments', 'placedAt']],
      ['busy', ['orderTotalOpenAndPaidMinor']],
      ['hurried', ['orderTotalOpenAndPaidMinor']],
      ['answered', ['amountMinor', 'descriptionLength', 'evidenceCount', 'lines', 'orderTotalOpenAndPaidMinor']],
    ]);
    // What is not doubted is what was kept.
    for (const { id, facts, approximated, ...rest } of rebuilt) {
      const before = kept.get(id);
      const sure = Object.entries(facts).filter(([fact]) => !approximated.includes(fact));
      expect(Object.fromEntries(sure)).toEqual(
        Object.fromEntries(
          Object.entries(before?.facts ?? {}).filter(
            ([fact]) => ![...approximated, 'customer', 'risk', 'listed'].includes(fact),
          ),
        ),
      );
      expect(rest).toEqual({ plan: before?.plan, declineClause: before?.declineClause });
    }
  });
});
