import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, loadToolConfig } from '../config';
import { isRole } from '../domain/people';
import {
  createApiKey,
  findCustomerId,
  findPerson,
  listApiKeys,
  openDatabase,
  revokeApiKey,
  type Database,
  type KeyHolder,
} from '../store';

const USAGE = `Usage:
  npm run keys -- create --person <externalId>   [--name <text>] [--mode test|live] [--days <n>]
  npm run keys -- create --customer <externalId> [--name <text>] [--mode test|live] [--days <n>]
  npm run keys -- create --system <role> [--owner <person's externalId>] [--name <text>] [--mode test|live] [--days <n>]
  npm run keys -- list
  npm run keys -- revoke <prefix>

A person's key acts as that person; a system's never decides; a customer's sees own refunds only.
The database is that of DATABASE_URL or, without it, of the local stack that runs in .redress (--home <dir> for another).
`;

/** Roles that need no person behind them: systems never decide and never act for the desk. */
const SYSTEM_ROLES = ['integrator', 'auditor'];
/** A customer's token is for one errand. */
const DEFAULT_CUSTOMER_DAYS = 7;
const MS_A_DAY = 86_400_000;

/** Something that whoever typed the command can put right; the message says how. */
class UsageError extends Error {}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    person: { type: 'string' },
    customer: { type: 'string' },
    system: { type: 'string' },
    owner: { type: 'string' },
    name: { type: 'string' },
    mode: { type: 'string', default: 'test' },
    days: { type: 'string' },
    home: { type: 'string', default: '.redress' },
    help: { type: 'boolean', default: false },
  },
});

/** DATABASE_URL, or what a running local stack says in its stack.json. */
function databaseUrl(): string {
  try {
    return loadToolConfig().database.url;
  } catch (error) {
    const stackFile = path.resolve(values.home, 'stack.json');
    if (!(error instanceof ConfigError) || !existsSync(stackFile)) throw error;
    const stack = JSON.parse(readFileSync(stackFile, 'utf8')) as { database?: unknown };
    if (typeof stack.database !== 'string') throw error;
    return stack.database;
  }
}

function modeOf(value: string): 'live' | 'test' {
  if (value === 'live' || value === 'test') return value;
  throw new UsageError('--mode is test or live.');
}

async function personIdOf(db: Database, mode: 'live' | 'test', externalId: string): Promise<string> {
  const person = await findPerson(db, mode, externalId);
  if (!person?.active) throw new UsageError(`There is no active person "${externalId}" in mode ${mode}.`);
  return person.id;
}

async function holderOf(db: Database, mode: 'live' | 'test'): Promise<KeyHolder> {
  const { person, customer, system, owner } = values;
  if ([person, customer, system].filter((given) => given !== undefined).length !== 1) {
    throw new UsageError('Give exactly one of --person, --customer and --system.');
  }
  if (person !== undefined) return { kind: 'person', personId: await personIdOf(db, mode, person) };
  if (customer !== undefined) {
    const customerId = await findCustomerId(db, mode, customer);
    if (!customerId) throw new UsageError(`There is no customer "${customer}" in mode ${mode}.`);
    return { kind: 'customer', customerId };
  }
  const role = system ?? '';
  if (!isRole(role) || !SYSTEM_ROLES.includes(role)) {
    throw new UsageError(`A system's role is one of: ${SYSTEM_ROLES.join(', ')}. Keys of others belong to a person.`);
  }
  const ownerPersonId = owner === undefined ? null : await personIdOf(db, mode, owner);
  return { kind: 'system', roles: [role], ownerPersonId };
}

function expiryOf(holder: KeyHolder, now: Date): Date | null {
  const given = values.days ?? (holder.kind === 'customer' ? String(DEFAULT_CUSTOMER_DAYS) : undefined);
  if (given === undefined) return null;
  const days = Number(given);
  if (!Number.isInteger(days) || days < 1 || days > 3650) throw new UsageError('--days is a whole number, 1 to 3650.');
  return new Date(now.getTime() + days * MS_A_DAY);
}

async function create(db: Database, now: Date): Promise<void> {
  const mode = modeOf(values.mode);
  const holder = await holderOf(db, mode);
  const expiresAt = expiryOf(holder, now);
  const name = values.name ?? `${holder.kind} ${values.person ?? values.customer ?? values.system ?? ''}`;
  const key = await createApiKey(db, { mode, name, holder, creatorPersonId: null, expiresAt }, now);
  process.stderr.write(
    `Key "${name}", shown this once${expiresAt ? `, valid until ${expiresAt.toISOString()}` : ''}:\n`,
  );
  process.stdout.write(`${key}\n`);
}

async function list(db: Database): Promise<void> {
  for (const key of await listApiKeys(db)) {
    const state = key.revokedAt
      ? 'revoked'
      : key.expiresAt && new Date(key.expiresAt) <= new Date()
        ? 'expired'
        : 'valid';
    const used = key.lastUsedAt ? `last used ${key.lastUsedAt}` : 'never used';
    process.stdout.write([`${key.prefix}…`, state, key.kind, key.holder, key.name, used].join('\t') + '\n');
  }
}

async function revoke(db: Database, prefix: string, now: Date): Promise<void> {
  const count = await revokeApiKey(db, prefix, now);
  if (count === 0) throw new UsageError(`No valid key begins with "${prefix}"; see: npm run keys -- list`);
  process.stdout.write(`Revoked ${prefix}…; it stops working within seconds.\n`);
}

async function main(): Promise<void> {
  const [command, argument] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const db = openDatabase({
    databaseUrl: databaseUrl(),
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    applicationName: 'redress-keys',
  });
  const now = new Date();
  try {
    if (command === 'create') await create(db, now);
    else if (command === 'list') await list(db);
    else if (command === 'revoke' && argument !== undefined) await revoke(db, argument, now);
    else throw new UsageError(USAGE);
  } finally {
    await db.$disconnect();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
