import { publishPolicy, type Database } from '../../store';
import defaultPolicy from '../../prisma/seed/default-policy.json';

/** The default policy with these changes, in force from now on for what is accepted. Safe to repeat with the same ones. */
export async function putInForce(db: Database, version: number, changes: object): Promise<void> {
  const effectiveFrom = new Date(Date.UTC(2020, 0, version)).toISOString();
  const document = { ...defaultPolicy, version, effectiveFrom, ...changes };
  await publishPolicy(db, 'test', { name: 'default', version, effectiveFrom, document }, new Date());
}
