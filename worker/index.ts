export { createWorkers, DEFAULT_TUNING, type Workers, type WorkersOptions } from './create-workers';
export { ensureSearchAttributes } from './ensure-search-attributes';
export { startHealthServer, type HealthServer } from './health-server';
export { ensureSchedules, SCHEDULES } from './schedules';
export { bundleWorkflows, loadWorkflowBundle } from './workflow-bundle';
export { destinationResolver } from './resolve-destination';
