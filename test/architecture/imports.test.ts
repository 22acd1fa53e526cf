import { checkHouse, type HouseRule } from './support/check-house';
import { FOLDERS, PROVIDER_NAME_EXCEPTIONS } from './support/house';
import { readModule } from './support/read-module';
import { readTree } from './support/read-tree';

/** A house in order, small enough to read; each test plants one violation in it. */
const HOUSE: Record<string, string> = {
  'domain/money/index.ts': `export * from './amount';`,
  'domain/money/amount.ts': `export const add = (a: number, b: number) => a + b;`,
  'domain/refund/index.ts': `import { add } from '../money'; export const total = add(1, 2); export type Refund = { id: string };`,
  'domain/policy/index.ts': `import { z } from 'zod'; export const schema = z.object({});`,
  'domain/calendar/index.ts': `import { DateTime } from 'luxon'; export const now = DateTime;`,
  'contract/index.ts': `import type { Refund } from '../domain/refund'; import { defineQuery } from '@temporalio/workflow'; export const q = defineQuery<Refund>('q');`,
  'workflows/index.ts': `export * from './refund/workflow';`,
  'workflows/refund/workflow.ts': `import { sleep } from '@temporalio/workflow'; import type { Activities } from '../../activities'; import { total } from '../../domain/refund'; import { q } from '../../contract'; export const refundWorkflow = async (a: Activities) => { await sleep(total); return [a, q]; };`,
  'activities/index.ts': `import { Context } from '@temporalio/activity'; import { openDatabase } from '../store'; import { gateway } from '../integrations/payments'; export type Activities = { a: typeof openDatabase; b: typeof gateway; c: typeof Context };`,
  'integrations/payments/index.ts': `export * from './gateway'; export * from './registry';`,
  'integrations/payments/gateway.ts': `export const gateway = 1;`,
  'integrations/payments/registry.ts': `export { stripe } from './stripe/gateway';`,
  'integrations/payments/notifications.ts': `export const read = 1;`,
  'integrations/payments/providers.ts': `export const names = [];`,
  'integrations/payments/stripe/gateway.ts': `import Stripe from 'stripe'; export const stripe = Stripe;`,
  'integrations/payments/alipay/gateway.ts': `export const alipay = 1;`,
  'store/index.ts': `export * from './client'; export * from './refunds';`,
  'store/client.ts': `import { PrismaClient } from './generated/prisma/client'; export const openDatabase = () => new PrismaClient();`,
  'store/refunds.ts': `import { createHash } from 'node:crypto'; export const hash = createHash;`,
  'api/server.ts': `import { openDatabase } from '../store'; import { readApiConfig } from '../config'; export const db = openDatabase(readApiConfig);`,
  'api/routes/refunds.ts': `import { Router } from 'express'; import { read } from '../../integrations/payments/notifications'; import { names } from '../../integrations/payments/providers'; export const routes = [Router, read, names];`,
  'platform/index.ts': `import type { Client } from '@temporalio/client'; export type C = Client;`,
  'config/index.ts': `import { z } from 'zod'; export const readApiConfig = z.object({}).parse(process.env);`,
  'worker/main.ts': `import { Worker } from '@temporalio/worker'; import { readApiConfig } from '../config'; export const run = () => Worker.create(readApiConfig);`,
  'sandbox/main.ts': `import express from 'express'; export const app = express(process.env['PORT']);`,
  'prisma/seed/index.ts': `import { openDatabase } from '../../store'; export const seed = openDatabase();`,
  'devstack/main.ts': `import { hash } from '../store/refunds'; console.log(hash, process.env);`,
  'bench/main.ts': `import { Connection } from '@temporalio/client'; export const c = Connection.connect();`,
  'test/unit/a.test.ts': `import { add } from '../../domain/money/amount'; export const three = add(1, 2);`,
};

const check = (files: Record<string, string>) => checkHouse(new Map(Object.entries({ ...HOUSE, ...files })));
const rulesOf = (files: Record<string, string>): HouseRule[] => [...new Set(check(files).map(({ rule }) => rule))];

test('the repository is in order', () => {
  const sources = readTree();
  expect(sources.size).toBeGreaterThan(200);
  for (const folder of Object.keys(FOLDERS))
    expect([...sources.keys()].some((file) => file.startsWith(`${folder}/`) && file.endsWith('.ts'))).toBe(true);
  expect(checkHouse(sources)).toEqual([]);
});

test('a house in order has no violation', () => {
  expect(check({})).toEqual([]);
});

const planted: [rule: HouseRule, what: string, file: string, source: string][] = [
  [
    'folder',
    'domain imports another folder',
    'domain/money/bad.ts',
    `import { q } from '../../contract'; export { q };`,
  ],
  [
    'folder',
    'domain imports a type from outside',
    'domain/money/bad.ts',
    `import type { q } from '../../store'; export type Q = typeof q;`,
  ],
  [
    'node-builtin',
    'domain imports a Node builtin',
    'domain/money/bad.ts',
    `import { createHash } from 'node:crypto'; export { createHash };`,
  ],
  [
    'node-builtin',
    'domain requires a Node builtin by its old name',
    'domain/money/bad.ts',
    `export const fs = require('fs');`,
  ],
  ['package', 'domain/money imports a package', 'domain/money/bad.ts', `import { z } from 'zod'; export { z };`],
  [
    'package',
    'domain/policy imports a package that is not its own',
    'domain/policy/bad.ts',
    `import { DateTime } from 'luxon'; export { DateTime };`,
  ],
  [
    'temporal',
    'domain imports Temporal',
    'domain/money/bad.ts',
    `import { sleep } from '@temporalio/workflow'; export { sleep };`,
  ],
  [
    'node-global',
    'domain reads a global of Node',
    'domain/money/bad.ts',
    `export const size = Buffer.byteLength('a');`,
  ],
  [
    'index',
    'domain reaches inside another area',
    'domain/refund/bad.ts',
    `import { add } from '../money/amount'; export { add };`,
  ],
  ['index', 'a barrel above the areas of domain', 'domain/index.ts', `export * from './money';`],
  [
    'types-only',
    'contract loads domain code',
    'contract/bad.ts',
    `import { total } from '../domain/refund'; export { total };`,
  ],
  [
    'temporal',
    'contract imports the client',
    'contract/bad.ts',
    `import { Client } from '@temporalio/client'; export { Client };`,
  ],
  [
    'folder',
    'a workflow imports the store',
    'workflows/refund/bad.ts',
    `import { hash } from '../../store'; export { hash };`,
  ],
  [
    'folder',
    'a workflow re-exports an integration',
    'workflows/refund/bad.ts',
    `export * from '../../integrations/payments';`,
  ],
  [
    'types-only',
    'a workflow loads activities',
    'workflows/refund/bad.ts',
    `import { Activities } from '../../activities'; export { Activities };`,
  ],
  [
    'types-only',
    'a workflow loads activities at run time',
    'workflows/refund/bad.ts',
    `export const a = import('../../activities');`,
  ],
  [
    'domain-area',
    'a workflow imports the calendar',
    'workflows/refund/bad.ts',
    `import { now } from '../../domain/calendar'; export { now };`,
  ],
  [
    'domain-area',
    'a workflow imports the policy',
    'workflows/refund/bad.ts',
    `import { schema } from '../../domain/policy'; export { schema };`,
  ],
  [
    'node-builtin',
    'a workflow imports a Node builtin',
    'workflows/refund/bad.ts',
    `import fs from 'fs/promises'; export { fs };`,
  ],
  [
    'node-global',
    'a workflow reads a global of Node',
    'workflows/refund/bad.ts',
    `export const later = () => setImmediate(() => process.exit());`,
  ],
  [
    'node-global',
    'a workflow calls out by itself',
    'workflows/refund/bad.ts',
    `export const get = () => fetch('http://example.com');`,
  ],
  [
    'temporal',
    'a workflow imports the worker',
    'workflows/refund/bad.ts',
    `import { Worker } from '@temporalio/worker'; export { Worker };`,
  ],
  ['package', 'a workflow imports a package', 'workflows/refund/bad.ts', `import { z } from 'zod'; export { z };`],
  [
    'bundle',
    'an area that workflows use brings a package',
    'domain/refund/bad.ts',
    `import { schema } from '../policy'; export { schema };`,
  ],
  [
    'temporal',
    'an activity imports the client',
    'activities/bad.ts',
    `import { Client } from '@temporalio/client'; export { Client };`,
  ],
  [
    'folder',
    'an activity reads the configuration',
    'activities/bad.ts',
    `import { readApiConfig } from '../config'; export { readApiConfig };`,
  ],
  [
    'package',
    'an activity imports Prisma',
    'activities/bad.ts',
    `import { PrismaPg } from '@prisma/adapter-pg'; export { PrismaPg };`,
  ],
  [
    'index',
    'an activity reaches inside the store',
    'activities/bad.ts',
    `import { hash } from '../store/refunds'; export { hash };`,
  ],
  [
    'generated',
    'an activity imports the generated client',
    'activities/bad.ts',
    `import type { Prisma } from '../store/generated/prisma/client'; export type P = Prisma;`,
  ],
  [
    'folder',
    'an integration imports the store',
    'integrations/payments/bad.ts',
    `import { hash } from '../../store'; export { hash };`,
  ],
  [
    'folder',
    'an integration imports the contract',
    'integrations/payments/bad.ts',
    `import { q } from '../../contract'; export { q };`,
  ],
  [
    'temporal',
    'an integration imports Temporal',
    'integrations/payments/bad.ts',
    `import { log } from '@temporalio/activity'; export { log };`,
  ],
  [
    'adapter',
    'an adapter imports another',
    'integrations/payments/stripe/bad.ts',
    `import { alipay } from '../alipay/gateway'; export { alipay };`,
  ],
  ['folder', 'the store imports the contract', 'store/bad.ts', `import { q } from '../contract'; export { q };`],
  [
    'temporal',
    'the store imports Temporal',
    'store/bad.ts',
    `import { ApplicationFailure } from '@temporalio/common'; export { ApplicationFailure };`,
  ],
  [
    'folder',
    'the API loads the gateways',
    'api/bad.ts',
    `import { gateway } from '../integrations/payments'; export { gateway };`,
  ],
  [
    'folder',
    'the API loads what one provider alone is',
    'api/bad.ts',
    `import { stripe } from '../integrations/payments/stripe/gateway'; export { stripe };`,
  ],
  [
    'folder',
    'the API imports a workflow',
    'api/bad.ts',
    `import type { refundWorkflow } from '../workflows'; export type W = typeof refundWorkflow;`,
  ],
  ['package', 'the API imports Prisma', 'api/bad.ts', `import { Prisma } from '@prisma/client'; export { Prisma };`],
  [
    'index',
    'the API reaches inside the store',
    'api/routes/bad.ts',
    `import { hash } from '../../store/refunds'; export { hash };`,
  ],
  [
    'folder',
    'the platform imports the domain',
    'platform/bad.ts',
    `import { add } from '../domain/money'; export { add };`,
  ],
  [
    'temporal',
    'the platform loads the client',
    'platform/bad.ts',
    `import { Client } from '@temporalio/client'; export { Client };`,
  ],
  [
    'folder',
    'the configuration imports the store',
    'config/bad.ts',
    `import { hash } from '../store'; export { hash };`,
  ],
  ['folder', 'the worker imports the API', 'worker/bad.ts', `import { db } from '../api/server'; export { db };`],
  [
    'folder',
    'the sandbox shares code with what it checks',
    'sandbox/bad.ts',
    `import { add } from '../domain/money'; export { add };`,
  ],
  [
    'package',
    "the sandbox uses the provider's own library",
    'sandbox/bad.ts',
    `import Stripe from 'stripe'; export { Stripe };`,
  ],
  ['unknown-folder', 'a folder that the house does not know', 'utils/bad.ts', `export const anything = 1;`],
  ['unresolved', 'an import that leads nowhere', 'api/bad.ts', `import { gone } from './gone'; export { gone };`],
  [
    'builder',
    'a route opens a database',
    'api/routes/bad.ts',
    `import { openDatabase } from '../../store'; export const db = openDatabase();`,
  ],
  [
    'builder',
    'the store opens a second client',
    'store/bad.ts',
    `import { PrismaClient } from './generated/prisma/client'; export const db = new PrismaClient();`,
  ],
  [
    'builder',
    'an activity connects by itself',
    'activities/bad.ts',
    `import { Connection } from './somewhere'; export const c = Connection.connect();`,
  ],
  [
    'builder',
    'a workflow folder makes a worker',
    'workflows/refund/bad.ts',
    `import { Worker } from './somewhere'; export const w = Worker.create({});`,
  ],
  ['environment', 'a route reads the environment', 'api/routes/bad.ts', `export const port = process.env['PORT'];`],
  [
    'environment',
    'an adapter hands the environment on',
    'integrations/payments/bad.ts',
    `export const all = { ...process.env };`,
  ],
  ['console', 'the store writes to the console', 'store/bad.ts', `console.log('here');`],
  ['console', 'a route keeps the console', 'api/routes/bad.ts', `export const say = console;`],
  [
    'provider-name',
    'domain sends money by one provider',
    'domain/money/bad.ts',
    `export const route = 'bank_transfer';`,
  ],
  ['provider-name', 'domain keeps rules by provider', 'domain/money/bad.ts', `export const rules = { stripe: 1 };`],
  [
    'provider-name',
    'a workflow waits for one provider',
    'workflows/refund/bad.ts',
    `export const isSlow = (leg: { provider: string }) => leg.provider === 'wechat_pay';`,
  ],
  [
    'provider-name',
    'a statement counts one provider',
    'store/bad.ts',
    `export const sql = (id: string) => ['SELECT', \`x WHERE id = \${id} AND provider = 'alipay'\`];`,
  ],
  ['provider-name', 'an activity asks for one provider', 'activities/bad.ts', `export const names = ["stripe"];`],
  ['provider-name', 'the API lists providers', 'api/schemas/bad.ts', `export const NAMES = ['alipay', 'other'];`],
];

test.each(planted)('planted: %s – %s', (rule, _what, file, source) => {
  expect(rulesOf({ [file]: source, ...indexed(file) })).toContain(rule);
});

/** A planted file that workflows should reach must hang on an index that they load. */
function indexed(file: string): Record<string, string> {
  const index = 'domain/refund/index.ts';
  return file === 'domain/refund/bad.ts' ? { [index]: `${HOUSE[index] ?? ''} export * from './bad';` } : {};
}

test('planted: cycle – two files import each other, three go round, types alone', () => {
  expect(
    rulesOf({
      'store/a.ts': `import { b } from './b'; export const a = () => b;`,
      'store/b.ts': `import { a } from './a'; export const b = () => a;`,
    }),
  ).toEqual(['cycle']);
  expect(
    check({
      'store/a.ts': `export { b } from './b';`,
      'store/b.ts': `export { c } from './c';`,
      'store/c.ts': `import type { A } from './a'; export type C = A;`,
    }),
  ).toEqual([{ rule: 'cycle', file: 'store/a.ts', what: 'store/a.ts → store/b.ts → store/c.ts → store/a.ts' }]);
});

test('every rule has a planted violation that it catches', () => {
  const rules: Record<HouseRule, true> = {
    'unknown-folder': true,
    unresolved: true,
    folder: true,
    'types-only': true,
    index: true,
    package: true,
    temporal: true,
    'node-builtin': true,
    'node-global': true,
    'domain-area': true,
    adapter: true,
    generated: true,
    builder: true,
    environment: true,
    console: true,
    'provider-name': true,
    bundle: true,
    cycle: true,
  };
  const proven = new Set<string>([...planted.map(([rule]) => rule), 'cycle']);
  expect(Object.keys(rules).filter((rule) => !proven.has(rule))).toEqual([]);
  for (const folder of Object.keys(FOLDERS).filter((name) => name !== 'prisma'))
    expect(planted.some(([, , file]) => file.startsWith(`${folder}/`))).toBe(true);
});

test('a text that only looks like a provider, and one that is none, is let through', () => {
  const source = `export const texts = ['tend-bank-transfers', 'stripes', 'Stripe answers', \`my_alipay\`];`;
  expect(check({ 'domain/money/bad.ts': source })).toEqual([]);
});

test.each(PROVIDER_NAME_EXCEPTIONS)('the exception for provider names in $file is needed', ({ file, names }) => {
  const source = readTree().get(file) ?? '';
  expect(names.filter((name) => !readModule(source).texts.includes(name))).toEqual([]);
});

test('each way of naming a module is read', () => {
  const { references } = readModule(`
    import a from 'a'; import type { B } from 'b'; import { type C, type D } from 'c'; import 'd';
    export { e } from 'e'; export * from 'f'; export type { G } from 'g';
    const h = import('h'); const i = require('i'); import j = require('j'); type K = import('k').K;
    function later() { return [require.resolve('l'), async () => { await import('m'); }]; }
    class Late { held = require('n'); static async load({ o = import('o') } = {}) { return o; } }
  `);
  expect(references.map(({ specifier, typeOnly }) => (typeOnly ? `${specifier}?` : specifier)).toSorted()).toEqual(
    ['a', 'b?', 'c?', 'd', 'e', 'f', 'g?', 'h', 'i', 'j', 'k?', 'l', 'm', 'n', 'o'].toSorted(),
  );
});

test('something of its own that is called like a global is not that global', () => {
  const own = `export const show = (process: { seq: number }) => process.seq; export const at = { fetch: 1 }.fetch;`;
  expect(readModule(own).globals).toEqual([]);
  expect(check({ 'domain/money/bad.ts': own })).toEqual([]);
  expect(readModule(`const { process } = record; export const x = process.seq + process.env.A;`).globals).toEqual([
    'process.env.A',
  ]);
});
