/** Where the test files find the broker of their run. */
export const BROKER_ENV = 'REDRESS_TEST_BROKER';

/** The database that every test database is a copy of. */
export const TEMPLATE_DATABASE = 'redress_template';

/** What the broker can provide, and what it answers. */
export interface BrokerAnswers {
  '/database': { port: number };
  '/temporal': { address: string };
  '/bundle': { codePath: string };
}

const BROKER_START_MS = 30_000;

/** Asks the broker of this test run, which starts the part when nobody asked before. */
export async function ask<Name extends keyof BrokerAnswers>(name: Name): Promise<BrokerAnswers[Name]> {
  const address = process.env[BROKER_ENV];
  if (address === undefined) throw new Error(`${BROKER_ENV} is not set: run the tests with jest and its globalSetup`);
  const response = await fetchWhenListening(`${address}${name}`);
  if (!response.ok) throw new Error(`the test run could not provide ${name}: ${await response.text()}`);
  return (await response.json()) as BrokerAnswers[Name];
}

/** Jest does not wait for the broker, so the first to ask may be too early. */
async function fetchWhenListening(url: string): Promise<Response> {
  const endsAt = Date.now() + BROKER_START_MS;
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
