import { parsePolicy } from '../../domain/policy';
import {
  createApiKey,
  findPerson,
  openDatabase,
  policyInForce,
  publishPolicy,
  putCalendar,
  putOrder,
  putPerson,
  readCalendar,
  readOrder,
  type Database,
  type KeyHolder,
} from '../../store';
import { certifyDemoYears } from './certify-demo-years';
import defaultPolicy from './default-policy.json';
import { DEMO_KEY_NAMES, DEMO_PEOPLE, type DemoKeyName } from './people';
import { demoOrders } from './shop';

export { DEMO_KEY_NAMES, DEMO_PEOPLE, type DemoKeyName } from './people';
export { DEMO_PAYMENTS } from './shop';

export interface SeedOptions {
  databaseUrl: string;
  now: Date;
  /** Keys to store, by the names of DEMO_KEY_NAMES; names that are left out get a new key. */
  keys?: Partial<Record<DemoKeyName, string>>;
  mode?: 'test';
  /** Lets the calendar go on with weekdays in years whose holidays nobody has confirmed. */
  localStack?: boolean;
}

export interface Seeded {
  keys: Record<DemoKeyName, string>;
  /** What whoever runs this should know; to be printed. */
  notices: string[];
}

/**
 * Fills a migrated database with the demo: people and their keys, the default policy and calendar, a small shop. Again
 * and again without harm: what somebody has changed since stays, but for the roles of the demo people.
 * @throws Error when the calendar ends too early and this is no local stack
 */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const db = openDatabase({
    databaseUrl: options.databaseUrl,
    maxConnections: 2,
    connectTimeoutMs: 10_000,
    applicationName: 'redress-seed',
  });
  try {
    return await seedDatabase(db, options);
  } finally {
    await db.$disconnect();
  }
}

async function seedDatabase(db: Database, options: SeedOptions): Promise<Seeded> {
  const { now, mode = 'test' } = options;
  const stored = await readCalendar(db, mode, defaultPolicy.calendarId);
  const { calendar, notices } = certifyDemoYears(stored, now, options.localStack ?? false);
  await putCalendar(db, mode, calendar, now);

  const policy = parsePolicy(defaultPolicy);
  // A newer version that somebody has published is not to be touched.
  if (!(await policyInForce(db, mode, policy.name, now))) {
    const { name, version, effectiveFrom } = policy;
    await publishPolicy(db, mode, { name, version, effectiveFrom, document: defaultPolicy }, now);
  }
  for (const { externalId, ...fields } of DEMO_PEOPLE) {
    await putPerson(db, mode, { externalId, email: `${externalId}@shop.example`, ...fields }, now);
  }
  const keys = await seedKeys(db, mode, options.keys ?? {}, now);
  for (const { externalId, input } of demoOrders(now)) {
    if (!(await readOrder(db, mode, externalId))) await putOrder(db, mode, externalId, input, now);
  }
  return { keys, notices };
}

async function seedKeys(
  db: Database,
  mode: 'test',
  given: Partial<Record<DemoKeyName, string>>,
  now: Date,
): Promise<Record<DemoKeyName, string>> {
  const keys: [DemoKeyName, string][] = [];
  for (const name of DEMO_KEY_NAMES) {
    const holder = await holderOf(db, mode, name);
    const input = { mode, name: `Demo ${name}`, holder, creatorPersonId: null, expiresAt: null };
    keys.push([name, await createApiKey(db, input, now, given[name])]);
  }
  return Object.fromEntries(keys) as Record<DemoKeyName, string>;
}

async function holderOf(db: Database, mode: 'test', name: DemoKeyName): Promise<KeyHolder> {
  if (name === 'integrator') return { kind: 'system', roles: ['integrator'], ownerPersonId: null };
  const person = await findPerson(db, mode, name);
  if (!person) throw new Error(`The demo person ${name} is missing.`);
  return { kind: 'person', personId: person.id };
}
