/** Makes the compiler point at a missing case; throws when data from elsewhere brings one at run time. */
export function assertNever(value: never): never {
  throw new Error(`This case is not known here: ${JSON.stringify(value)}`);
}
