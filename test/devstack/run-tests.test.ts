import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

type Reporter = new (
  config: unknown,
  options: { file: string },
) => {
  onRunComplete(contexts: unknown, results: unknown): void;
};
const CountingReporter = require('../../devstack/jest-reporter.cjs') as Reporter;

test('a test file that cannot be loaded counts as a failure, skipped and todo tests as skipped', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'redress-reporter-'));
  const file = path.join(folder, 'totals.json');
  new CountingReporter({}, { file }).onRunComplete([], {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    wasInterrupted: false,
    testResults: [
      { testExecError: { message: 'SyntaxError' }, numFailingTests: 0 },
      { testExecError: undefined, numFailingTests: 1 },
    ],
  });
  const totals: unknown = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  expect(totals).toEqual({ passed: 5, failed: 2, skipped: 3, interrupted: false });
});

test.each([
  ['no test matches', ['test/there-is-no-such-folder'], '0 passed, 1 failed'],
  ['jest does not start at all', ['--rootDir=/there/is/no/such/folder'], '0 passed, 1 failed'],
])('when %s the run fails and still closes with the totals', async (_when, args, lastLine) => {
  const { code, stdout } = await runTests(args);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(lastLine);
  expect(code).not.toBe(0);
});

function runTests(args: string[]): Promise<{ code: number; stdout: string }> {
  const command = ['--import', 'tsx', path.join(ROOT, 'devstack', 'run-tests.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
}
