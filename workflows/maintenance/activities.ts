import { proxyActivities } from '@temporalio/workflow';
import type { MaintenanceActivities } from '../../contract';

/** Sweeps are idempotent and have no deadline: the schedule starts no second one while one is under way. */
export const maintenance = proxyActivities<MaintenanceActivities>({
  startToCloseTimeout: '3m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});
