import type { CustomerTier } from '../domain/approval';
import type { Database, Db } from './client';
import { newId } from './new-id';
import { auditWord, type PersonAct } from './two-person';

export interface CustomerInput {
  externalId: string;
  name: string;
  email?: string | undefined;
  phone?: string | undefined;
  locale: string;
}

/** Writes a customer as the shop states them now, in one statement, and gives the id. */
export async function upsertCustomer(db: Db, mode: 'live' | 'test', input: CustomerInput, now: Date): Promise<string> {
  const [row] = await db.$queryRaw<{ id: string }[]>`
    INSERT INTO customers (id, mode, external_id, name, email, phone, locale, created_at, updated_at)
    VALUES (${newId('cu')}, ${mode}::"Mode", ${input.externalId}, ${input.name}, ${input.email ?? null},
            ${input.phone ?? null}, ${input.locale}, ${now}, ${now})
    ON CONFLICT (mode, external_id) DO UPDATE
      SET name = excluded.name, email = excluded.email, phone = excluded.phone, locale = excluded.locale,
          updated_at = excluded.updated_at
    RETURNING id`;
  if (!row) throw new Error('The customer could not be written.');
  return row.id;
}

/** The id of the customer that a shop calls so, or null. */
export async function findCustomerId(db: Db, mode: 'live' | 'test', externalId: string): Promise<string | null> {
  const row = await db.customer.findUnique({ where: { mode_externalId: { mode, externalId } }, select: { id: true } });
  return row?.id ?? null;
}

/** A customer's own name, for comparisons; null when there is none, or it was erased. Never to be logged or audited. */
export async function readCustomerName(db: Db, id: string): Promise<string | null> {
  return (await db.customer.findUnique({ where: { id }, select: { name: true } }))?.name ?? null;
}

/** What the shop calls a customer. */
export async function readCustomerExternalId(db: Db, id: string): Promise<string> {
  const { externalId } = await db.customer.findUniqueOrThrow({ where: { id }, select: { externalId: true } });
  return externalId;
}

/** What a customer's tier was, and is now. */
export interface TierChange {
  externalId: string;
  before: string;
  tier: CustomerTier;
}

/** Sets a customer's tier by hand; audited where it changes. Null when there is no such customer in this mode. */
export async function setCustomerTier(
  db: Database,
  act: PersonAct,
  { externalId, tier }: { externalId: string; tier: CustomerTier },
): Promise<TierChange | null> {
  return await db.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ id: string; tier: string }[]>`
      SELECT id, tier FROM customers WHERE mode = ${act.mode}::"Mode" AND external_id = ${externalId} FOR UPDATE`;
    if (!row) return null;
    if (row.tier !== tier) {
      await tx.customer.update({ where: { id: row.id }, data: { tier, updatedAt: new Date(act.nowIso) } });
      await auditWord(tx, act, 'customer.tier_set', { customerId: row.id, before: row.tier, tier });
    }
    return { externalId, before: row.tier, tier };
  });
}
