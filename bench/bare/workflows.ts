import { condition, defineUpdate, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow';

/** The yardstick: what a workflow costs that does nothing. Six no-op steps, one update, no business code. */
export const proceedUpdate = defineUpdate<string, []>('proceed');

interface NoOpActivities {
  noOp(): Promise<void>;
}

const regular = proxyActivities<NoOpActivities>({ startToCloseTimeout: '30s' });
const local = proxyLocalActivities<NoOpActivities>({ startToCloseTimeout: '30s' });

export const bareRegularWorkflow = (): Promise<void> => run(regular);
export const bareLocalWorkflow = (): Promise<void> => run(local);

async function run(activities: NoOpActivities): Promise<void> {
  let proceed = false;
  setHandler(proceedUpdate, () => {
    proceed = true;
    return 'proceeding';
  });
  for (let step = 0; step < 3; step += 1) await activities.noOp();
  await condition(() => proceed);
  for (let step = 0; step < 3; step += 1) await activities.noOp();
}
