import {
  createPublicKey,
  createSign,
  createVerify,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import type { AlipayState, Settings } from './state';

const DEFAULT_SPEED = 600;
/** Not shortened by the speed: callers keep it by the clock on the wall. */
const DEFAULT_REFUND_INTERVAL_MS = 3_000;
/** Requests older or newer than this are refused. */
const CLOCK_TOLERANCE_MS = 600_000;

/** What the server is started with. Keys are PEM; without a private key the stand-in makes one. */
export interface AlipaySetup {
  readonly appId: string;
  readonly appPublicKey: string;
  readonly privateKey?: string;
  readonly notifyUrl?: string;
  /** By how much the waiting times between two notifications are shortened. @default 600 */
  readonly speed?: number;
  /** Least time between two refunds of one trade. @default 3000, as Alipay asks for */
  readonly refundIntervalMs?: number;
}

/** The settings, made at their first use: a stand-in that nobody calls makes no key. */
export function settingsOf(state: AlipayState): Settings {
  const known = state.settings.get('settings');
  if (known !== undefined) return known;
  const made: Settings = {
    privateKey: newPrivateKey(),
    appId: '',
    appPublicKey: null,
    notifyUrl: null,
    speed: DEFAULT_SPEED,
    refundIntervalMs: DEFAULT_REFUND_INTERVAL_MS,
  };
  state.journal.commit(state.settings.put('settings', made));
  return made;
}

/** Registers the application; Alipay's own key stays what it was unless another one is given. */
export function setUp(state: AlipayState, setup: AlipaySetup): void {
  const known = state.settings.get('settings');
  const settings: Settings = {
    privateKey: setup.privateKey ?? known?.privateKey ?? newPrivateKey(),
    appId: setup.appId,
    appPublicKey: setup.appPublicKey,
    notifyUrl: setup.notifyUrl ?? known?.notifyUrl ?? null,
    speed: setup.speed ?? known?.speed ?? DEFAULT_SPEED,
    refundIntervalMs: setup.refundIntervalMs ?? known?.refundIntervalMs ?? DEFAULT_REFUND_INTERVAL_MS,
  };
  state.journal.commit(state.settings.put('settings', settings));
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public half of Alipay's key, which a shop configures. */
export function publicKeyOf(settings: Settings): string {
  return createPublicKey(settings.privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** RSA-SHA256 over the text, base64. */
export function signText(text: string, privateKey: string | KeyObject): string {
  return createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');
}

/** A signature by a key that is nobody's. */
export function forgedSignature(text: string): string {
  return signText(text, newPrivateKey());
}

/**
 * Checks `authorization: ALIPAY-SHA256withRSA app_id=…,nonce=…,timestamp=…,sign=…` over
 * `authString\nMETHOD\npath\nbody\n`.
 * @returns the error code, or null when the request is the application's
 */
export function whyNotSigned(
  settings: Settings,
  request: { authorization: string | undefined; method: string; path: string; body: string },
): string | null {
  const match = /^ALIPAY-SHA256withRSA (.+),sign=([A-Za-z0-9+/=]+)$/.exec(request.authorization ?? '');
  const [, authString, sign] = match ?? [];
  if (authString === undefined || sign === undefined) return 'invalid-signature';
  const parts = new Map(authString.split(',').map((part) => part.split('=', 2) as [string, string]));
  if (settings.appPublicKey === null || parts.get('app_id') !== settings.appId) return 'invalid-app-id';
  const clockDifferenceMs = Math.abs(Date.now() - Number(parts.get('timestamp')));
  if (!(clockDifferenceMs <= CLOCK_TOLERANCE_MS)) return 'invalid-timestamp';
  const text = `${authString}\n${request.method}\n${request.path}\n${request.body}\n`;
  const verified = createVerify('RSA-SHA256').update(text, 'utf8').verify(settings.appPublicKey, sign, 'base64');
  return verified ? null : 'invalid-signature';
}

/** The headers that sign an answer: over `timestamp\nnonce\nbody\n`. */
export function answerHeaders(settings: Settings, body: string, forged: boolean): Record<string, string> {
  const timestamp = String(Date.now());
  const nonce = randomUUID().replaceAll('-', '');
  const text = `${timestamp}\n${nonce}\n${body}\n`;
  return {
    'alipay-timestamp': timestamp,
    'alipay-nonce': nonce,
    'alipay-signature': forged ? forgedSignature(text) : signText(text, settings.privateKey),
  };
}
