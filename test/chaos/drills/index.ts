import type { Drill } from './drill';
import { lostAnswers } from './lost-answers';
import { notifications } from './notifications';
import { race } from './race';

export type { Drill, DrillReport } from './drill';

/** Fire drills, by the names of `npm run chaos -- --drill <name>`. */
export const DRILLS = {
  'lost-answers': lostAnswers,
  race,
  notifications,
} as const satisfies Record<string, Drill>;

export type DrillName = keyof typeof DRILLS;
