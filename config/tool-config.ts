import { deepFreeze, readVariables, type Environment } from './read';
import type { DatabaseConfig } from './sections';

const TOOL_NAMES = ['DATABASE_URL', 'DATABASE_MAX_CONNECTIONS'] as const;

/** What command-line tools need: the database alone. */
export interface ToolConfig {
  database: DatabaseConfig;
}

/** @throws ConfigError that lists every problem */
export function loadToolConfig(env: Environment = process.env): ToolConfig {
  const values = readVariables(env, TOOL_NAMES);
  return deepFreeze({ database: { url: values.DATABASE_URL, maxConnections: values.DATABASE_MAX_CONNECTIONS } });
}
