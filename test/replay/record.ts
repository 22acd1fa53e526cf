import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { version } from '../../package.json';
import { DELIVERY_WORKFLOW_ID } from '../../contract';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { openWorld, type World } from '../support/world';
import { encodeHistory } from './history-file';
import { adopted } from './scenarios/adopted';
import { APPEALS } from './scenarios/appeals';
import { AFTER_THE_END } from './scenarios/after-the-end';
import { ENDINGS } from './scenarios/endings';
import { PAYMENTS } from './scenarios/payments';
import { reconciled } from './scenarios/reconciled';
import { DESK, REVIEWS } from './scenarios/reviews';
import type { Scenario } from './scenarios/scenario';

// Records one history a path from real runs: node --import tsx test/replay/record.ts [scenario …]
// Run it for each released version and keep what earlier versions recorded: running refunds must replay on new code.

const HISTORIES = path.join(__dirname, 'histories');

/** What runs beside others in one world, by workflow. */
const TOGETHER: Record<string, Record<string, Scenario>> = {
  refund: { ...REVIEWS, ...DESK, ...PAYMENTS, ...ENDINGS, ...APPEALS },
  'refund-return': AFTER_THE_END,
};

async function keep(workflow: string, scenario: string, handle: WorkflowHandle): Promise<void> {
  const file = path.join(HISTORIES, `${workflow}--${scenario}--${version}.json`);
  const json = encodeHistory(await handle.fetchHistory());
  writeFileSync(file, `${json}\n`);
  process.stdout.write(`${path.basename(file)}: ${json.length} characters\n`);
}

/** A world whose workers the scenario starts itself. */
async function alone(record: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld({ worker: false });
  try {
    await record(world);
  } finally {
    await world.close();
  }
}

async function main(wanted: string[]): Promise<void> {
  const isWanted = (scenario: string): boolean => wanted.length === 0 || wanted.includes(scenario);
  mkdirSync(HISTORIES, { recursive: true });
  await globalSetup();
  try {
    const world = await openWorld();
    try {
      for (const [workflow, scenarios] of Object.entries(TOGETHER))
        for (const [name, run] of Object.entries(scenarios))
          if (isWanted(name)) await keep(workflow, name, await run(world));
    } finally {
      await world.close();
    }
    if (isWanted('waited')) await alone(async (own) => keep('reconcile-payments', 'waited', await reconciled(own)));
    if (isWanted('adopted'))
      await alone(async (own) => {
        await keep('refund', 'adopted', await adopted(own));
        await keep('deliver-messages', 'nudged', own.temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID));
      });
  } finally {
    await globalTeardown();
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
