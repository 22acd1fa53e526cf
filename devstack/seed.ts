import { DEMO_PAYMENTS, seed } from '../prisma/seed';
import type { DemoKeys } from './home';

/**
 * Fills the database with the demo: people and their keys, the default policy and calendar, a small shop. Again and
 * again without harm.
 * @returns what whoever runs the stack should know
 */
export async function seedDatabase(databaseUrl: string, keys: DemoKeys): Promise<string[]> {
  const { notices } = await seed({ databaseUrl, keys, now: new Date(), localStack: true });
  return notices;
}

/** Makes the sandbox know the payments behind the demo orders. Again and again without harm. */
export async function seedSandbox(sandbox: string): Promise<void> {
  for (const payment of DEMO_PAYMENTS) {
    const response = await fetch(`${sandbox}/control/stripe/payment_intents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payment),
    });
    if (!response.ok) throw new Error(`the sandbox refused ${payment.id}: ${response.status} ${await response.text()}`);
  }
}
