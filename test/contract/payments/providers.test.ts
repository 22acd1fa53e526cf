import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createGateways, paysIn, withTerms, type GatewaysOptions } from '../../../integrations/payments';
import { alipayCapabilities } from '../../../integrations/payments/alipay/capabilities';
import { createNotificationReader } from '../../../integrations/payments/notifications';
import {
  declaredCapabilities,
  knownPayingAccounts,
  listProviders,
  needsDestination,
  PROVIDER_NAMES,
} from '../../../integrations/payments/providers';
import { STRIPE_CAPABILITIES } from '../../../integrations/payments/stripe/capabilities';
import { weChatPayCapabilities } from '../../../integrations/payments/wechat-pay/capabilities';

// Whoever loads an SDK in this file would wait for these.
jest.mock('stripe', () => {
  throw new Error('The SDK of Stripe was loaded.');
});
jest.mock('alipay-sdk', () => {
  throw new Error('The SDK of Alipay was loaded.');
});

const bank = (currencies: string[], merchantAccount = 'default'): NonNullable<GatewaysOptions['bank_transfer']>[0] => ({
  merchantAccount,
  mode: 'test',
  directory: mkdtempSync(path.join(os.tmpdir(), 'redress-providers-')),
  exchange: { list: () => Promise.resolve([]), read: () => Promise.reject(new Error('no file')) },
  debtor: { name: 'Shop', account: { number: '6222020200112233' } },
  currencies,
  resolveDestination: () => Promise.resolve(null),
});

test('what the API asks for is known without any SDK; only a gateway loads its own', () => {
  const known = { stripe: [{ merchantAccount: 'default', mode: 'test' as const, webhookSecrets: ['whsec_1'] }] };
  expect(createNotificationReader(known).modesOf('stripe', 'default')).toEqual(['test']);
  expect(knownPayingAccounts(known).find('stripe', 'default', 'test')?.capabilities).toBe(STRIPE_CAPABILITIES);
  expect(() =>
    listProviders()
      .find(({ name }) => name === 'stripe')
      ?.loadAdapter(),
  ).toThrow('SDK of Stripe');
  expect(() =>
    listProviders()
      .find(({ name }) => name === 'alipay')
      ?.loadAdapter(),
  ).toThrow('SDK of Alipay');
});

test('names are unique, fit an address of notifications, and tell who needs an account named', () => {
  expect(PROVIDER_NAMES).toEqual(['stripe', 'alipay', 'wechat_pay', 'bank_transfer']);
  expect(PROVIDER_NAMES.filter((name) => !/^[a-z][a-z_]{0,31}$/.test(name))).toEqual([]);
  expect(new Set(PROVIDER_NAMES).size).toBe(PROVIDER_NAMES.length);
  expect(PROVIDER_NAMES.filter(needsDestination)).toEqual(['bank_transfer']);
  expect(needsDestination('nobody')).toBe(false);
  expect(declaredCapabilities('nobody')).toBeNull();
});

test('a provider whose payments need an account can pay to accounts', () => {
  for (const { capabilities } of listProviders())
    expect(capabilities.needsDestination && !capabilities.paysToAccounts).toBe(false);
});

test('an account narrows what its provider declares, and what it leaves out changes nothing', () => {
  expect(alipayCapabilities({ refundableForDays: 90 }).limits).toEqual({
    minimumIntervalMs: 3_000,
    refundableForDays: 90,
  });
  expect(alipayCapabilities({ refundableForDays: null }).limits).toEqual({ minimumIntervalMs: 3_000 });
  expect(weChatPayCapabilities({ refundIntervalMs: 0 }).limits).toEqual({
    maxRefundsPerPayment: 50,
    refundableForDays: 365,
    minimumIntervalMs: 0,
  });
  expect(weChatPayCapabilities({}).limits?.minimumIntervalMs).toBe(60_000);
  const narrowed = withTerms(STRIPE_CAPABILITIES, { currencies: ['EUR'], queryDelaysSeconds: [7] });
  expect(narrowed.queryBackOff).toEqual({ delaysSeconds: [7], maxQueries: 60 });
  expect([narrowed.refuses(100, 'EUR'), narrowed.refuses(100, 'USD')]).toEqual([null, 'currency_not_supported']);
  expect([paysIn(narrowed, 'EUR'), paysIn(narrowed, 'USD'), paysIn(STRIPE_CAPABILITIES, 'USD')]).toEqual([
    true,
    false,
    true,
  ]);
});

describe('payees’ accounts are paid', () => {
  test('by the first account in the currency, alike in the API and in the worker', () => {
    const options = { bank_transfer: [bank(['CNY'], 'first'), bank(['CNY', 'EUR'], 'second')] };
    const known = { ...options, wechat_pay: [] };
    for (const currency of ['CNY', 'EUR']) {
      const expected = { provider: 'bank_transfer', merchantAccount: currency === 'CNY' ? 'first' : 'second' };
      expect(createGateways(options).payerToAccounts('test', currency)).toMatchObject(expected);
      expect(knownPayingAccounts(known).toAccounts('test', currency)).toMatchObject(expected);
    }
  });

  test('by none in another currency or mode, and by nobody who only pays the way back', () => {
    const gateways = createGateways({ bank_transfer: [bank(['CNY'])] });
    expect(gateways.payerToAccounts('test', 'USD')).toBeNull();
    expect(gateways.payerToAccounts('live', 'CNY')).toBeNull();
    const cards = { stripe: [{ merchantAccount: 'default', mode: 'test' as const, webhookSecrets: ['whsec_1'] }] };
    expect(knownPayingAccounts(cards).toAccounts('test', 'CNY')).toBeNull();
  });
});
