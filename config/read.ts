import type { z } from 'zod';
import { VARIABLES, type VariableName } from './variables';

/** The environment does not hold what a process needs: every problem at once, each with what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(
      `The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\nAll variables are explained in .env.example.`,
    );
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type ValuesOf<Names extends VariableName> = {
  [Name in Names]: z.output<(typeof VARIABLES)[Name]['schema']>;
};

/**
 * Reads the named variables. Values of secrets never stand in a problem.
 * @throws ConfigError that lists every missing or malformed variable
 */
export function readVariables<Name extends VariableName>(env: Environment, names: readonly Name[]): ValuesOf<Name> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const name of names) {
    const variable = VARIABLES[name];
    const given = env[name]?.trim() || undefined;
    const parsed = variable.schema.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else if (given === undefined) problems.push(`${name} is missing: set it. ${variable.about}`);
    else {
      const reasons = [...new Set(parsed.error.issues.map((issue) => issue.message))].join('; ');
      const shown = 'secret' in variable && variable.secret ? '' : ` It is "${given}".`;
      problems.push(`${name} ${reasons}.${shown}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ValuesOf<Name>;
}

/** Freezes a configuration through and through. */
export function deepFreeze<Value>(value: Value): Value {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
