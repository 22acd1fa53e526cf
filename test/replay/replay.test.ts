import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { workflowBundle } from '../support';
import { quietRuntime } from '../support/quiet-runtime';
import { decodeHistory } from './history-file';

// Histories of real runs, one a path and released version, kept for ever: what runs must go on when the code changes.
// test/replay/record.ts records them. No server takes part here.

const HISTORIES = path.join(__dirname, 'histories');
const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

beforeAll(() => quietRuntime());

const history = (name: string) => decodeHistory(readFileSync(path.join(HISTORIES, name), 'utf8'));

/** `refund--decline--0.1.0.json` → the id such a workflow would have. */
const workflowIdOf = (name: string): string => name.split('--').slice(0, 2).join('-');

test('there is a history of every path', () => {
  const scenarios = files.filter((name) => name.startsWith('refund--')).map((name) => name.split('--')[1] ?? '');
  expect(scenarios).toEqual(
    expect.arrayContaining([
      'adopted',
      'amount-raised',
      'appeal-declined',
      'appeal-lapsed',
      'appealed',
      'approve-less',
      'approve-three-stages',
      'approve-two-payments',
      'arrival-watch-ended',
      'arrived',
      'decided-in-place',
      'decline',
      'declined-by-policy',
      'desk-extended',
      'escalated-to-desk',
      'expired',
      'given-up',
      'order-changed',
      'order-told-in-vain',
      'paid-by-hand',
      'payment-doubted',
      'offer-accepted',
      'offer-unanswered',
      'payment-failed',
      'payment-held',
      'payment-pending-notified',
      'payment-pending-polled',
      'payment-unknown',
      'race',
      'refused-messages',
      'request-info',
      'request-info-unanswered',
      'returned-in-watch',
      'send-back',
      'told-together',
      'withdrawn',
    ]),
  );
  expect(files.some((name) => name.startsWith('refund-return--paid-again--'))).toBe(true);
});

test.each(files)('%s replays on the code of today', async (name) => {
  const options = { workflowBundle: await workflowBundle() };
  await expect(Worker.runReplayHistory(options, history(name), workflowIdOf(name))).resolves.toBeUndefined();
});

test('a changed workflow is caught by the histories', async () => {
  const changed = await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, 'changed', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const replay = Worker.runReplayHistory(
    { workflowBundle: changed },
    history(files.find((name) => name.startsWith('refund--approve-three-stages--')) ?? ''),
    'refund-approve-three-stages',
  );
  await expect(replay).rejects.toThrow(DeterminismViolationError);
});
