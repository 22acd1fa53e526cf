import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(__dirname, '../..');
const run = promisify(execFile);

/** The files that are linted together, by the rule that each must be caught by. */
const PLANTED: [rule: string, file: string, source: string][] = [
  ['no-floating-promises', 'store/floating.ts', `const later = async () => 1; export function f() { later(); }`],
  [
    'no-misused-promises',
    'store/misused.ts',
    `export function f() { [1].forEach(async (n) => { await Promise.resolve(n); }); }`,
  ],
  [
    'switch-exhaustiveness-check',
    'store/switch.ts',
    `export function f(s: 'a' | 'b') { switch (s) { case 'a': return 1; } return 2; }`,
  ],
  ['no-explicit-any', 'store/any.ts', `export const f = (a: any) => String(a);`],
  ['only-throw-error', 'store/throw.ts', `export function f() { throw 'no'; }`],
  ['no-cycle', 'store/cycle-a.ts', `import { b } from './cycle-b'; export const a = () => b;`],
  ['no-cycle', 'store/cycle-b.ts', `import { a } from './cycle-a'; export const b = () => a;`],
  ['no-console', 'api/console.ts', `console.log('here');`],
  ['no-process-env', 'api/environment.ts', `export const port = process.env['PORT'];`],
  [
    'no-restricted-imports',
    'domain/money/builtin.ts',
    `import { createHash } from 'node:crypto'; export { createHash };`,
  ],
  ['no-restricted-imports', 'domain/money/old-name.ts', `import fs from 'fs'; export { fs };`],
  ['no-restricted-imports', 'domain/money/package.ts', `import { z } from 'zod'; export { z };`],
  ['no-restricted-imports', 'domain/money/folder.ts', `import { a } from '../../contract'; export { a };`],
  ['no-restricted-imports', 'domain/money/inside.ts', `import { a } from '../refund/plan'; export { a };`],
  ['no-restricted-imports', 'domain/policy/prisma.ts', `import { a } from '@prisma/client'; export { a };`],
  ['no-restricted-globals', 'domain/money/global.ts', `export const size = Buffer.byteLength('a');`],
  ['no-restricted-properties', 'domain/money/clock.ts', `export const now = () => Date.now();`],
  ['no-restricted-imports', 'contract/value.ts', `import { a } from '../domain/refund'; export { a };`],
  ['no-restricted-imports', 'contract/client.ts', `import { Client } from '@temporalio/client'; export { Client };`],
  ['no-restricted-imports', 'workflows/refund/builtin.ts', `export * from 'node:fs/promises';`],
  [
    'no-restricted-imports',
    'workflows/refund/activities-value.ts',
    `import { a } from '../../activities'; export { a };`,
  ],
  ['no-restricted-imports', 'workflows/refund/late.ts', `export const a = import('../../store');`],
  ['no-restricted-imports', 'workflows/refund/calendar.ts', `import { a } from '../../domain/calendar'; export { a };`],
  ['no-restricted-imports', 'workflows/refund/package.ts', `import { z } from 'zod'; export { z };`],
  [
    'no-restricted-imports',
    'workflows/refund/worker.ts',
    `import { Worker } from '@temporalio/worker'; export { Worker };`,
  ],
  ['no-restricted-globals', 'workflows/refund/global.ts', `export const get = () => fetch('http://example.com');`],
  ['no-restricted-imports', 'activities/config.ts', `import { a } from '../config'; export { a };`],
  ['no-restricted-imports', 'activities/client.ts', `import { Client } from '@temporalio/client'; export { Client };`],
  ['no-restricted-imports', 'activities/inside.ts', `import { a } from '../store/orders'; export { a };`],
  ['no-restricted-imports', 'integrations/payments/store.ts', `import { a } from '../../store'; export { a };`],
  [
    'no-restricted-imports',
    'integrations/payments/temporal.ts',
    `import { log } from '@temporalio/activity'; export { log };`,
  ],
  ['no-restricted-imports', 'store/contract.ts', `import { a } from '../contract'; export { a };`],
  ['no-restricted-imports', 'api/gateways.ts', `import { a } from '../integrations/payments'; export { a };`],
  [
    'no-restricted-imports',
    'api/payee-check.ts',
    `import { a } from '../integrations/payments/payee-check/vop-checker'; export { a };`,
  ],
  [
    'no-restricted-imports',
    'api/routes/prisma.ts',
    `import { Prisma } from '../../store/generated/prisma/client'; export { Prisma };`,
  ],
  ['no-restricted-imports', 'platform/domain.ts', `import { a } from '../domain/money'; export { a };`],
  ['no-restricted-imports', 'config/store.ts', `import { a } from '../store'; export { a };`],
  ['no-restricted-imports', 'worker/api.ts', `import { a } from '../api'; export { a };`],
  ['no-restricted-imports', 'sandbox/domain.ts', `import { a } from '../domain/money'; export { a };`],
  ['no-restricted-imports', 'sandbox/stripe.ts', `import Stripe from 'stripe'; export { Stripe };`],
  ['no-restricted-imports', 'prisma/seed/api.ts', `import { a } from '../../api'; export { a };`],
  ['no-focused-tests', 'test/unit/focused.test.ts', `test.only('a', () => { expect(1).toBe(1); });`],
  ['no-disabled-tests', 'test/unit/disabled.test.ts', `test.skip('a', () => { expect(1).toBe(1); });`],
  ['expect-expect', 'test/unit/empty.test.ts', `test('a', () => { String(1); });`],
];

/** What the rules must let through. */
const LEGAL: [file: string, source: string][] = [
  ['domain/refund/legal.ts', `import type { Amount } from '../money'; export type Total = Amount;`],
  ['domain/policy/legal.ts', `import { z } from 'zod'; import { a } from '../money'; export { z, a };`],
  [
    'contract/legal.ts',
    `import type { Refund } from '../domain/refund'; import { defineQuery } from '@temporalio/workflow'; export const q = defineQuery<Refund>('q');`,
  ],
  [
    'workflows/refund/steps/legal.ts',
    `import type { A } from '../../../activities'; import { a } from '../activities'; import { b } from '../../../domain/refund'; export const x: [A, unknown, unknown] = [null, a, b];`,
  ],
  [
    'api/routes/legal.ts',
    `import { read } from '../../integrations/payments/notifications'; import { names } from '../../integrations/payments/providers'; import { a } from '../../store'; export { read, names, a };`,
  ],
  ['platform/legal.ts', `import type { Client } from '@temporalio/client'; export type C = Client;`],
  ['config/legal.ts', `export const port = process.env['PORT'];`],
  ['devstack/legal.ts', `import { a } from '../store/migrate'; console.log(a, process.env);`],
];

interface Diagnostic {
  code: string;
  filename: string;
}

let folder: string;
let diagnostics: Diagnostic[];
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'redress-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) cpSync(path.join(ROOT, name), path.join(folder, name));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [file, source] of [...PLANTED.map(([, ...rest]) => rest), ...LEGAL]) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${source}\n`);
  }
  const { stdout } = await run(
    process.execPath,
    [path.join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--deny-warnings', '--format', 'json'],
    { cwd: folder, maxBuffer: 32 << 20 },
  ).catch((failure: { stdout: string }) => failure);
  diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});
afterAll(() => rmSync(folder, { recursive: true }));

const codesOf = (file: string): string[] =>
  diagnostics.filter(({ filename }) => filename.endsWith(file)).map(({ code }) => code);

test.each(PLANTED)('lint: %s is caught in %s', (rule, file) => {
  expect(codesOf(file).join(' ')).toContain(`(${rule})`);
});

test.each(LEGAL)('lint: %s is let through', (file) => {
  expect(codesOf(file)).toEqual([]);
});
