/** Reads until it is as wanted, or for `timeoutMs`; answers what was read last, for an assertion to judge. */
export async function eventually<T>(
  read: () => Promise<T>,
  check: (value: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (check(value) || Date.now() > endsAt) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
