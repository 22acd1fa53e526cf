import { confirmGoodwillBudget, proposeGoodwillBudget, type Database, type GoodwillBudget } from '../../store';

const DAY_MS = 86_400_000;

/** What a test's budget says unless it says otherwise: 100.00 of CNY, of all branches, yesterday to tomorrow. */
export const budgetInput = (nowMs: number) => ({
  name: 'Service',
  branch: null as string | null,
  currency: 'CNY',
  periodFrom: new Date(nowMs - DAY_MS).toISOString(),
  periodTo: new Date(nowMs + DAY_MS).toISOString(),
  limitMinor: 10_000,
});

/** A budget that two persons have granted. */
export async function grantBudget(
  db: Database,
  id: string,
  changes: Partial<ReturnType<typeof budgetInput>> = {},
  now = new Date(),
): Promise<GoodwillBudget> {
  const act = { mode: 'test', commandId: 'cm_budget', nowIso: now.toISOString() } as const;
  await proposeGoodwillBudget(db, { ...act, personId: 'pn_1' }, { id, ...budgetInput(now.getTime()), ...changes });
  const granted = await confirmGoodwillBudget(db, { ...act, personId: 'pn_2' }, id);
  if (granted.kind !== 'done') throw new Error(`The budget is not granted: ${granted.kind}`);
  return granted.row;
}
