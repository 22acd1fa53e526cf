import request from 'supertest';
import { createServer } from 'node:http';
import { createApp } from '../../api/app';
import { createGateways } from '../../integrations/payments';
import type * as ProviderList from '../../integrations/payments/provider-list';
import { knownPayingAccounts, PROVIDER_NAMES } from '../../integrations/payments/providers';
import { openRefundApi, refundBody, type RefundApi } from '../api/support/refund-api';
import { startTestWorkers, type RunningWorker } from '../support/test-workers';
import type * as VoucherProvider from '../support/voucher-provider';
import { returnedVouchers, VOUCHER, vouchers } from '../support/voucher-provider';
import { approve, openWorld, type World } from '../support/world';

// A provider that nothing of the product names, registered by one line more in the list of providers.
jest.mock('../../integrations/payments/provider-list', () => ({
  PROVIDERS: [
    ...jest.requireActual<typeof ProviderList>('../../integrations/payments/provider-list').PROVIDERS,
    jest.requireActual<typeof VoucherProvider>('../support/voucher-provider').voucher,
  ],
}));

/** Its account, as a configuration would name it. */
const ACCOUNTS: object = { [VOUCHER]: [{ merchantAccount: 'default', mode: 'test' }] };

let world: World;
let worker: RunningWorker;
let api: RefundApi;
beforeAll(async () => {
  [world, api] = await Promise.all([openWorld({ worker: false }), openRefundApi()]);
  worker = await startTestWorkers(world.place, world.db, { parts: { gateways: createGateways(ACCOUNTS) } });
});
afterAll(async () => {
  await worker.stop();
  await Promise.all([world.close(), api.close()]);
});

test('orders may name it, refunds of its payments are accepted, and reviewers see its window', async () => {
  expect(PROVIDER_NAMES).toContain(VOUCHER);
  const paying = knownPayingAccounts(ACCOUNTS);
  const server = createServer(
    createApp({
      ...api.deps,
      canPay: (mode, ...account) => paying.find(...account, mode) !== null,
      refundRules: (mode, ...account) => paying.find(...account, mode)?.capabilities ?? null,
      providerToAccounts: (mode, currency) => paying.toAccounts(mode, currency)?.provider ?? null,
    }),
  );
  const capturedAt = new Date(Date.now() - 86_400_000);
  const order = {
    customer: { externalId: 'C-1', name: '王小明', email: 'c@example.com' },
    currency: 'CNY',
    placedAt: capturedAt.toISOString(),
    branch: 'shanghai-1',
    lines: [{ externalId: 'L1', sku: 'S', name: 'Sofa', quantity: 1, unitPriceMinor: 10_000 }],
    payments: [
      {
        externalId: 'P1',
        provider: VOUCHER,
        providerPaymentId: 'V-1',
        method: 'bank_card',
        amountMinor: 10_000,
        currency: 'CNY',
        capturedAt: capturedAt.toISOString(),
      },
    ],
  };
  const as = (key: 'integrator' | 'reviewer') => ({ Authorization: `Bearer ${api.keys[key]}` });
  const put = (body: object) => request(server).put('/v1/orders/O-V').set(as('integrator')).send(body);
  expect((await put({ ...order, payments: [{ ...order.payments[0], provider: 'nobody' }] })).status).toBe(400);
  expect(await put(order)).toMatchObject({ status: 201 });
  const asked = await request(server)
    .post('/v1/refunds')
    .set({ ...as('integrator'), 'Idempotency-Key': 'voucher-1' })
    .send(refundBody('O-V', 10_000));
  expect(asked).toMatchObject({ status: 202 });
  const seen = await request(server)
    .get(`/v1/refunds/${asked.body.id as string}`)
    .set(as('reviewer'));
  const until = new Date(capturedAt.getTime() + 30 * 86_400_000).toISOString();
  expect(seen.body.payments).toMatchObject([{ routeOpen: { open: true, until } }]);
});

test('an approved refund is paid through it, once, and it is the way to accounts where no other is set up', async () => {
  const order = await world.shop.addOrder(10_000, { paidBy: VOUCHER });
  const handle = await world.startAccepted(await world.shop.accept(order, 10_000));
  await world.decide(handle, 'reviewer', approve('first_review'));
  const { legs } = await world.until(handle, ({ status }) => status === 'paid');
  expect(legs).toMatchObject([{ provider: VOUCHER, status: 'succeeded' }]);
  expect([...vouchers.values()]).toMatchObject([{ reference: legs[0]?.reference, amountMinor: 10_000 }]);
  expect(createGateways(ACCOUNTS).payerToAccounts('test', 'CNY')).toMatchObject({ provider: VOUCHER });
  expect(createGateways(ACCOUNTS).payerToAccounts('test', 'USD')).toBeNull();
  expect(createGateways(ACCOUNTS).payerToAccounts('live', 'CNY')).toBeNull();
});

test('money that came back without a word is found by the watch, which asks where only a query tells', async () => {
  const order = await world.shop.addOrder(10_000, { paidBy: VOUCHER });
  const handle = await world.startAccepted(await world.shop.accept(order, 10_000));
  await world.decide(handle, 'reviewer', approve('first_review'));
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  const [leg] = paid.legs;
  await world.advanceTo(handle, leg?.nextQueryAt ?? '');
  const asked = await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) > (leg?.queries ?? 0));
  expect(asked).toMatchObject({ status: 'paid', legs: [{ status: 'succeeded' }] });
  returnedVouchers.add(leg?.reference ?? '');
  await world.advanceTo(handle, asked.legs[0]?.nextQueryAt ?? '');
  const back = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(back.legs).toMatchObject([{ status: 'returned', failure: { code: 'came_back' }, nextQueryAt: null }]);
});
