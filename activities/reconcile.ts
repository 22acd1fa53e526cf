import type { ReconciliationActivities } from '../contract';
import { createCompareSettlement, type CompareDeps, type ReadWorkflows } from './compare-settlement';
import { createLoadSettlement } from './load-settlement';
import { createPlanReconciliation } from './plan-reconciliation';

/** Everything a reconciliation does, in the order in which its workflow calls it. */
export const createReconciliationActivities = (
  deps: CompareDeps,
  readWorkflows?: ReadWorkflows,
): ReconciliationActivities => ({
  ...createPlanReconciliation(deps),
  ...createLoadSettlement(deps),
  ...createCompareSettlement(deps, readWorkflows),
});
