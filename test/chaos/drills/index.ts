import type { Drill, StandaloneDrill } from './drill';
import { lostAnswers } from './lost-answers';
import { notifications } from './notifications';
import { race } from './race';
import { reconciliation } from './reconciliation';

export type { Drill, DrillReport } from './drill';

/** Fire drills, by the names of `npm run chaos -- --drill <name>`. */
export const DRILLS = {
  'lost-answers': lostAnswers,
  race,
  notifications,
  reconciliation,
} as const satisfies Record<string, Drill | StandaloneDrill>;

export type DrillName = keyof typeof DRILLS;
