import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendSharedAudit } from './audit';
import { direct, type Database, type Db } from './client';
import { newId } from './new-id';

type Mode = 'live' | 'test';

const SECRET_BYTES = 32;
/** rk_, mode, 256 random bits in base64url. */
const KEY_PATTERN = /^rk_(live|test)_[A-Za-z0-9_-]{43}$/;
/** Enough to tell keys apart on a list, far too little to guess one. */
const PREFIX_LENGTH = 'rk_test_'.length + 6;

/** Who a key is for. A person's key acts as that person; a system's never decides; a customer's sees own refunds. */
export type KeyHolder =
  | { kind: 'person'; personId: string }
  | { kind: 'system'; roles: string[]; ownerPersonId: string | null }
  | { kind: 'customer'; customerId: string };

export interface NewApiKey {
  mode: Mode;
  name: string;
  holder: KeyHolder;
  creatorPersonId: string | null;
  expiresAt: Date | null;
}

/** What a valid key stands for. */
export interface KeyIdentity {
  kind: 'person' | 'system' | 'customer';
  keyId: string;
  mode: Mode;
  roles: string[];
  personId: string | null;
  customerId: string | null;
  ownerPersonId: string | null;
  creatorPersonId: string | null;
  expiresAt: Date | null;
}

export interface KeyListing {
  id: string;
  mode: Mode;
  kind: string;
  name: string;
  prefix: string;
  holder: string;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** The mode that a key names, or null when the text cannot be a key. */
export function modeOfKey(key: string): Mode | null {
  const match = KEY_PATTERN.exec(key);
  return match ? (match[1] as Mode) : null;
}

/** A new random key of a mode. */
export const generateKey = (mode: Mode): string => `rk_${mode}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

/**
 * Stores a key and returns it; only its hash is kept, so this is the one time it can be shown. With `key`, that one is
 * stored (it must have the form of a key of that mode), and nothing happens when it stands already.
 */
export async function createApiKey(db: Database, input: NewApiKey, now: Date, key?: string): Promise<string> {
  const secret = key ?? generateKey(input.mode);
  if (modeOfKey(secret) !== input.mode) {
    throw new Error(`A key of mode ${input.mode} has the form rk_${input.mode}_ and 43 characters of base64url.`);
  }
  const { holder } = input;
  const id = newId('ky');
  await db.$transaction(async (tx) => {
    const created = await tx.apiKey.createMany({
      data: [
        {
          id,
          mode: input.mode,
          kind: holder.kind,
          name: input.name,
          prefix: secret.slice(0, PREFIX_LENGTH),
          hash: hashOf(secret),
          roles: holder.kind === 'system' ? holder.roles : holder.kind === 'customer' ? ['customer'] : [],
          personId: holder.kind === 'person' ? holder.personId : null,
          customerId: holder.kind === 'customer' ? holder.customerId : null,
          ownerPersonId: holder.kind === 'system' ? holder.ownerPersonId : null,
          createdById: input.creatorPersonId,
          createdAt: now,
          expiresAt: input.expiresAt,
        },
      ],
      skipDuplicates: true,
    });
    if (created.count === 0) return;
    await appendSharedAudit(tx, 'configuration', input.mode, now.toISOString(), [
      {
        type: 'api_key_created',
        actor: { kind: input.creatorPersonId ? 'person' : 'machine', id: input.creatorPersonId },
        data: { keyId: id, kind: holder.kind },
      },
    ]);
  });
  return secret;
}

/**
 * Who stands behind a presented key, or null when it is unknown, expired, revoked, or its person is no longer active.
 * The key is looked up by its hash, and hashes are compared in constant time, so that answers tell nothing by their time.
 */
export async function findKeyIdentity(db: Db, key: string, now: Date): Promise<KeyIdentity | null> {
  const mode = modeOfKey(key);
  if (!mode) return null;
  const hash = hashOf(key);
  const [row] = await direct(db).$queryRaw<KeyRow[]>`
    SELECT k.id, k.mode::text AS mode, k.kind, k.hash, k.roles, k.person_id AS "personId", k.customer_id AS "customerId",
      k.owner_person_id AS "ownerPersonId", k.created_by_id AS "createdById", k.expires_at AS "expiresAt",
      k.revoked_at IS NOT NULL AS "isRevoked", n.active AND n.mode = k.mode AS "isStaff",
      ARRAY(SELECT h.role FROM person_roles h WHERE h.person_id = k.person_id) AS "personRoles"
    FROM api_keys k LEFT JOIN people n ON n.id = k.person_id WHERE k.hash = ${hash}`;
  if (!row || !timingSafeEqual(Buffer.from(row.hash, 'hex'), Buffer.from(hash, 'hex'))) return null;
  if (row.mode !== mode || row.isRevoked || (row.expiresAt && row.expiresAt <= now)) return null;
  if (row.kind === 'person' && !row.isStaff) return null;
  return {
    kind: row.kind,
    keyId: row.id,
    mode,
    roles: row.kind === 'person' ? row.personRoles.toSorted() : row.roles,
    personId: row.personId,
    customerId: row.customerId,
    ownerPersonId: row.ownerPersonId,
    creatorPersonId: row.createdById,
    expiresAt: row.expiresAt,
  };
}

interface KeyRow {
  id: string;
  mode: Mode;
  kind: KeyIdentity['kind'];
  hash: string;
  roles: string[];
  personId: string | null;
  customerId: string | null;
  ownerPersonId: string | null;
  createdById: string | null;
  expiresAt: Date | null;
  isRevoked: boolean;
  /** Its person is active and of its mode; null when it is nobody's. */
  isStaff: boolean | null;
  personRoles: string[];
}

/** Notes that a key was used, at most once a minute. */
export async function touchApiKey(db: Db, keyId: string, now: Date): Promise<void> {
  await db.apiKey.updateMany({
    where: { id: keyId, OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: new Date(now.getTime() - 60_000) } }] },
    data: { lastUsedAt: now },
  });
}

/** Every key, newest first; never the key itself. */
export async function listApiKeys(db: Db): Promise<KeyListing[]> {
  const rows = await db.apiKey.findMany({
    include: { person: true, customer: true },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return rows.map((row) => ({
    id: row.id,
    mode: row.mode,
    kind: row.kind,
    name: row.name,
    prefix: row.prefix,
    holder: row.person?.externalId ?? row.customer?.externalId ?? row.roles.join(' '),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }));
}

/** Revokes the keys that begin with a prefix as the list shows it, and says how many. Never more than one: see throws. */
export async function revokeApiKey(db: Database, prefix: string, now: Date): Promise<number> {
  return db.$transaction(async (tx) => {
    const rows = await tx.apiKey.findMany({ where: { prefix: { startsWith: prefix }, revokedAt: null } });
    if (rows.length > 1) throw new Error(`${rows.length} keys begin with ${prefix}: give more of the prefix.`);
    for (const row of rows) {
      await tx.apiKey.update({ where: { id: row.id }, data: { revokedAt: now } });
      await appendSharedAudit(tx, 'configuration', row.mode, now.toISOString(), [
        { type: 'api_key_revoked', actor: { kind: 'machine', id: null }, data: { keyId: row.id } },
      ]);
    }
    return rows.length;
  });
}
