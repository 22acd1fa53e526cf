export * from './api-config';
export * from './describe';
export * from './env-example';
export { ConfigError, type Environment } from './read';
export type { DatabaseConfig, DataKeysConfig, SharedConfig, TemporalConfig, TemporalTlsConfig } from './sections';
export * from './tool-config';
export { VARIABLES, type VariableName, type WorkerQueueName } from './variables';
export * from './worker-config';
