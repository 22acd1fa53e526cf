import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createReconciliationActivities } from '../../activities/reconcile';
import type { ReadWorkflows } from '../../activities/compare-settlement';
import type { SettlementLine } from '../../domain/reconciliation';
import type { CrmConnector } from '../../integrations/crm';
import type { SettlementRegistry } from '../../integrations/payments';
import { newId } from '../../store';
import { MANY, seedManyRefunds } from '../support/many-refunds';
import { openBench, type Bench } from './support/bench';

// A refund that was paid by another route than its payment came by is compared by the account that paid it, and only there.

const DAY = '2026-11-10';
const NOON = '2026-11-10T04:00:00.000Z';
const NOW = new Date('2026-11-11T05:00:00.000Z');
const QUIET = new DefaultLogger('ERROR');

/** By the way they came; by the bank after the first attempt failed; by hand after that. */
const [AS_IT_CAME, BY_BANK, BY_HAND] = ['rf_many000000', 'rf_many000001', 'rf_many000002'] as const;
const BANK_REFERENCE = 'RMANYBANK000001';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  bench.excuses('three refunds are written past triggers, plans and audit');
  const { db, shop } = bench;
  const many = { count: 3, at: NOON, provider: 'wechat_pay', customerId: shop.customerId };
  await db.$transaction(async (tx) => {
    await seedManyRefunds(tx, many);
    await tx.$executeRaw`
      UPDATE payment_attempts SET status = 'failed', failure_class = 'account_closed', failure_code = 'closed'
      WHERE number = 1 AND allocation_id IN ('al_many000001', 'al_many000002')`;
    await tx.$executeRaw`
      INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, route, destination_id,
        provider, merchant_account, provider_refund_id, proof_evidence_id, paid_at, instructed_at, settled_at, created_at, updated_at)
      SELECT 'at_other' || x.route, 'test', x.leg, 2, x.reference, ${MANY.amountMinor}::bigint, 'succeeded', x.route, x.destination,
        x.provider, x.account, x.refund, x.proof, CASE x.route WHEN 'manual' THEN ${new Date(NOON)}::timestamptz END,
        CASE WHEN x.route <> 'manual' THEN ${new Date(NOON)}::timestamptz END, ${new Date(NOON)}, ${new Date(NOON)},
        ${new Date(NOON)}
      FROM (VALUES
        ('al_many000001', 'destination', 'ds_of_them', 'bank_transfer', 'house', ${BANK_REFERENCE}, 'bank-1', NULL),
        ('al_many000002', 'manual', NULL, NULL, NULL, 'RMANYHAND000002', NULL, 'ev_of_it'))
        AS x (leg, route, destination, provider, account, reference, refund, proof)`;
  });
  for (const [n, refundId] of [AS_IT_CAME, BY_BANK, BY_HAND].entries()) {
    await db.crmLink.create({
      data: { refundId, mode: 'test', crm: 'zoho', recordId: `zoho-${n}`, syncedSeq: 2, updatedAt: new Date(NOON) },
    });
    await db.message.create({
      data: {
        id: newId('ms'),
        mode: 'test',
        refundId,
        transitionSeq: 2,
        kind: 'crm_sync',
        channel: 'crm',
        audience: 'crm',
        recipient: 'crm',
        locale: 'en',
        owner: 'workflow',
        status: 'sent',
        dueAt: new Date(NOON),
        createdAt: new Date(NOON),
      },
    });
  }
}, 60_000);
afterAll(() => bench.close());

const line = (change: Partial<SettlementLine>): SettlementLine => ({
  key: 'k1',
  reference: null,
  providerRefundId: null,
  providerPaymentIds: [],
  amountMinor: MANY.amountMinor,
  currency: 'CNY',
  at: NOON,
  status: 'succeeded',
  feeMinor: null,
  settled: null,
  ...change,
});
const WECHAT_LINE = line({
  reference: `${MANY.referencePrefix}000000`,
  providerRefundId: `${MANY.providerRefundPrefix}000000`,
  providerPaymentIds: [`${MANY.providerPaymentPrefix}000000`],
});
const BANK_LINE = line({ reference: BANK_REFERENCE, providerRefundId: 'bank-1' });

/** Two accounts, each with its record of the day. */
function settlementsOf(lines: Record<'wechat_pay' | 'bank_transfer', SettlementLine[]>): SettlementRegistry {
  const accounts = [
    { provider: 'wechat_pay', merchantAccount: 'default', mode: 'test' },
    { provider: 'bank_transfer', merchantAccount: 'house', mode: 'test' },
  ] as const;
  return {
    accounts: () => [...accounts],
    find: (provider, merchantAccount, mode) => {
      const account = accounts.find(
        (one) => one.provider === provider && one.merchantAccount === merchantAccount && one.mode === mode,
      );
      return account === undefined
        ? null
        : {
            provider,
            timing: { dayOffsetMinutes: 480, graceMs: 0, patienceMs: 0 },
            async *fetchDay() {
              yield* lines[account.provider];
            },
          };
    },
  };
}

interface World {
  /** What a workflow says instead of what Postgres says. */
  workflows?: Record<string, string>;
  /** What the CRM shows instead of `paid`. */
  crm?: Record<string, string>;
  lines?: Partial<Record<'wechat_pay' | 'bank_transfer', SettlementLine[]>>;
}

/** Compares the day on both accounts. @returns the refunds that each run asked workflows for, and what it found */
async function reconcile({ workflows = {}, crm = {}, lines = {} }: World = {}) {
  const asked: string[] = [];
  const read: ReadWorkflows = async (stands) => {
    asked.push(...stands.map(({ refundId }) => refundId));
    return new Map(
      stands.map(({ refundId, status, seq, legs }) => [
        refundId,
        { workflow: 'running', says: { status: workflows[refundId] ?? status, seq, legs } },
      ]),
    );
  };
  const connector: CrmConnector = {
    crm: 'zoho',
    upsertContact: () => Promise.reject(new Error('not here')),
    upsertRefundCase: () => Promise.reject(new Error('not here')),
    readRefundCases: async (ids) => new Map(ids.map((id) => [id, { status: crm[id] ?? 'paid' }])),
  };
  const by = createReconciliationActivities(
    {
      ...bench.deps,
      crm: connector,
      settlements: settlementsOf({ wechat_pay: [WECHAT_LINE], bank_transfer: [BANK_LINE], ...lines }),
      clock: () => NOW,
    },
    read,
  );
  const run = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
    new MockActivityEnvironment({}, { logger: QUIET }).run(activity, input) as Promise<Result>;
  const command = await bench.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body: { day: DAY } });
  const { runs } = await run(by.planReconciliation, { requestKey: command.id, commandId: command.id });
  const seen: Record<string, { asked: string[]; found: string[] }> = {};
  for (const { runId, lane } of runs) {
    asked.length = 0;
    await run(by.loadSettlement, { runId });
    await run(by.compareSettlement, { runId });
    const found = await bench.db.reconciliationFinding.findMany({
      where: { runId, finding: { not: 'resolved' } },
      include: { difference: true },
    });
    seen[lane] = {
      asked: [...new Set(asked)].toSorted(),
      found: found.map(({ difference }) => `${difference.kind} ${difference.refundId}`).toSorted(),
    };
  }
  return seen;
}

const WECHAT = 'test/wechat_pay/default';
const BANK = 'test/bank_transfer/house';

test('a refund that took another route is compared once, by the account that paid it, and differs in nothing', async () => {
  expect(await reconcile()).toEqual({
    [WECHAT]: { asked: [AS_IT_CAME, BY_HAND], found: [] },
    [BANK]: { asked: [BY_BANK], found: [] },
  });
});

test('what its workflow and the CRM say otherwise is found there, and gone when they agree', async () => {
  const planted = { workflows: { [BY_BANK]: 'paying' }, crm: { 'zoho-1': 'declined' } };
  expect(await reconcile(planted)).toEqual({
    [WECHAT]: { asked: [AS_IT_CAME, BY_HAND], found: [] },
    [BANK]: { asked: [BY_BANK], found: [`crm_stale ${BY_BANK}`, `workflow_disagrees ${BY_BANK}`] },
  });
  expect((await reconcile())[BANK]).toEqual({ asked: [BY_BANK], found: [] });
});

test('what was paid by hand is still compared by the account that tried last', async () => {
  const seen = await reconcile({ workflows: { [BY_HAND]: 'paying' } });
  expect(seen[WECHAT]?.found).toEqual([`workflow_disagrees ${BY_HAND}`]);
  expect(seen[BANK]?.found).toEqual([]);
  await reconcile();
});

test('money that the bank’s record lacks is missing there, though the first account rightly shows nothing', async () => {
  const seen = await reconcile({ lines: { bank_transfer: [] } });
  expect(seen[WECHAT]?.found).toEqual([]);
  expect(seen[BANK]?.found).toEqual([`missing_at_provider ${BY_BANK}`]);
});
