import { seed } from '../prisma/seed';
import type { DemoKeys } from './home';

/** Fills the database with the demo people, their keys, the default policy and calendar; again and again without harm. */
export async function seedDemo(databaseUrl: string, keys: DemoKeys): Promise<void> {
  await seed({ databaseUrl, keys, now: new Date() });
}
