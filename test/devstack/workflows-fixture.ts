import { condition, defineSignal, setHandler, sleep } from '@temporalio/workflow';

export const decideSignal = defineSignal('decide');

/** Answers which came first: the decision, or two reminders and the deadline of ten days. */
export async function deadlineWorkflow(): Promise<string> {
  let decided = false;
  let reminders = 0;
  setHandler(decideSignal, () => {
    decided = true;
  });
  for (const days of [5, 3, 2]) {
    if (await condition(() => decided, `${days} days`)) return `decided after ${reminders} reminders`;
    reminders += 1;
  }
  await sleep('1 hour');
  return 'expired';
}
