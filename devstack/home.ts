import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEMO_KEY_NAMES, type DemoKeyName } from '../prisma/seed';
import { generateWeChatPayCredentials, type WeChatPayCredentials } from '../sandbox';

export type DemoKeys = Readonly<Record<DemoKeyName, string>>;

/** What `<home>/stack.json` says while the stack is ready. */
export interface StackFile {
  readonly api: string;
  readonly console: string;
  readonly docs: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly ui: string };
  readonly inbox: string;
  readonly sandbox: string;
  readonly database: string;
  /** 0: not ours (an existing server was named by the environment). */
  readonly pids: Readonly<Record<'api' | 'worker' | 'temporal' | 'postgres' | 'sandbox', number>>;
  readonly keys: DemoKeys;
}

/** The folder that holds everything a stack remembers. */
export function homeDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['REDRESS_HOME'] || '.redress');
}

/** Secrets that the stack makes once and keeps, so that what was copied from the screen works after a restart. */
export function demoKeys(home: string): DemoKeys {
  const known = readJson<Record<string, string>>(path.join(home, 'keys.json')) ?? {};
  const newKey = () => `rk_test_${randomBytes(32).toString('base64url')}`;
  const keys = Object.fromEntries(DEMO_KEY_NAMES.map((name) => [name, known[name] ?? newKey()])) as DemoKeys;
  writePrivately(path.join(home, 'keys.json'), keys);
  return keys;
}

/** The secret with which the sandbox signs Stripe's notifications; the same over restarts, as events may be on their way. */
export function webhookSecret(home: string): string {
  const file = path.join(home, 'webhook-secret.json');
  const known = readJson<{ stripe: string }>(file);
  if (known !== undefined) return known.stripe;
  const stripe = `whsec_${randomBytes(24).toString('base64url')}`;
  writePrivately(file, { stripe });
  return stripe;
}

/** What payees' accounts are sealed with in this stack, in base64. */
export interface LocalDataKeys {
  readonly dataKeys: string;
  readonly indexKey: string;
}

/** Made once and kept, since what is in the database opens with nothing else. */
export function localDataKeys(home: string): LocalDataKeys {
  const file = path.join(home, 'data-keys.json');
  const known = readJson<LocalDataKeys>(file);
  if (known !== undefined) return known;
  const newKey = (): string => randomBytes(32).toString('base64');
  const keys: LocalDataKeys = { dataKeys: `local:${newKey()}`, indexKey: newKey() };
  writePrivately(file, keys);
  return keys;
}

/** The file that holds both sides' keys between this stack and its sandbox's WeChat Pay. */
export const weChatPayFile = (home: string): string => path.join(home, 'wechat-pay-keys.json');

/** Made once and kept, since notifications that are on their way stay encrypted with them. */
export function weChatPayKeys(home: string): WeChatPayCredentials {
  const known = readJson<WeChatPayCredentials>(weChatPayFile(home));
  if (known !== undefined) return known;
  const keys = generateWeChatPayCredentials();
  writePrivately(weChatPayFile(home), keys);
  return keys;
}

/** Both sides' RSA2 keys between this stack and its sandbox's Alipay, as PEM. */
export interface AlipayKeys {
  readonly appPrivateKey: string;
  readonly appPublicKey: string;
  readonly alipayPrivateKey: string;
  readonly alipayPublicKey: string;
}

/** Made once and kept, since notifications that are on their way stay signed with them. */
export function alipayKeys(home: string): AlipayKeys {
  const file = path.join(home, 'alipay-keys.json');
  const known = readJson<AlipayKeys>(file);
  if (known !== undefined) return known;
  const [app, alipay] = [newRsaPair(), newRsaPair()];
  const keys: AlipayKeys = {
    appPrivateKey: app.privateKey,
    appPublicKey: app.publicKey,
    alipayPrivateKey: alipay.privateKey,
    alipayPublicKey: alipay.publicKey,
  };
  writePrivately(file, keys);
  return keys;
}

function newRsaPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

export function writeStackFile(home: string, stack: StackFile): void {
  writePrivately(path.join(home, 'stack.json'), stack);
}

export function removeStackFile(home: string): void {
  rmSync(path.join(home, 'stack.json'), { force: true });
}

/** Whole or not at all, and readable for the owner alone. */
function writePrivately(file: string, content: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(half, file);
}

const readJson = <T>(file: string): T | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
