import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import type { NotificationHeaders } from '../notification';

/** A key that WeChat Pay signs with: its public key (`PUB_KEY_ID_…`) or a platform certificate, by its serial number. */
export interface WeChatPayPlatformKey {
  serial: string;
  /** A public key or a certificate, PEM. */
  pem: string;
}

/** Why something that claims to come from WeChat Pay must not be believed. */
export type SignatureFault =
  | 'no_signature'
  | 'signature_probe'
  | 'unknown_key'
  | 'bad_signature'
  | 'too_old'
  | 'too_new';

/** How far a signature's time may lie from ours, in either direction (pay.weixin.qq.com, "签名验证"). */
const TOLERANCE_MS = 300_000;

/** Signatures that WeChat Pay itself spoils, to see whether the receiver checks them. */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

/** The keys that what comes from WeChat Pay may be signed with: several while one is being replaced. */
export class PlatformKeys {
  private readonly keys = new Map<string, KeyObject>();
  /** The serial of the key that WeChat Pay is asked to sign with. */
  readonly preferred: string;

  /** @throws Error without keys, for a text that is no RSA key, and for a certificate with another serial */
  constructor(keys: readonly WeChatPayPlatformKey[]) {
    const [first] = keys;
    if (first === undefined) throw new Error('WeChat Pay needs at least one key of the platform to verify with.');
    this.preferred = first.serial;
    for (const { serial, pem } of keys) {
      if (this.keys.has(serial)) throw new Error(`The WeChat Pay platform key ${serial} is configured twice.`);
      this.keys.set(serial, platformKey(serial, pem));
    }
  }

  /**
   * Checks the four `Wechatpay-*` headers over `timestamp\nnonce\nbody\n` with the key of the named serial.
   * @param body the bytes as they came
   * @returns null when the body is genuine
   */
  check(headers: NotificationHeaders, body: Uint8Array, now: Date): SignatureFault | null {
    const [timestamp, nonce, signature, serial] = ['timestamp', 'nonce', 'signature', 'serial'].map((name) => {
      const value = headers[`wechatpay-${name}`];
      return typeof value === 'string' ? value : '';
    });
    if (!timestamp || !nonce || !signature || !serial || !/^\d{1,12}$/.test(timestamp)) return 'no_signature';
    if (signature.startsWith(PROBE_PREFIX)) return 'signature_probe';
    const key = this.keys.get(serial);
    if (key === undefined) return 'unknown_key';
    const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
    if (!verify('sha256', message, key, Buffer.from(signature, 'base64'))) return 'bad_signature';
    const ageMs = now.getTime() - Number(timestamp) * 1_000;
    if (ageMs > TOLERANCE_MS) return 'too_old';
    return ageMs < -TOLERANCE_MS ? 'too_new' : null;
  }
}

/** Who signs a request: the merchant's number, and its key with the serial of its certificate. */
export interface RequestSigner {
  merchantId: string;
  certificateSerial: string;
  privateKey: KeyObject;
}

/**
 * The `Authorization` header of a request: SHA256 with RSA over `METHOD\nurl\ntimestamp\nnonce\nbody\n`.
 * @param url path and query, as they are sent
 */
export function authorizationOf(
  signer: RequestSigner,
  request: { method: string; url: string; body: string },
  at: Date,
): string {
  const timestamp = Math.floor(at.getTime() / 1_000);
  const nonce = randomBytes(16).toString('hex');
  const message = `${request.method}\n${request.url}\n${timestamp}\n${nonce}\n${request.body}\n`;
  const signature = sign('sha256', Buffer.from(message), signer.privateKey).toString('base64');
  return `WECHATPAY2-SHA256-RSA2048 mchid="${signer.merchantId}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${signer.certificateSerial}",signature="${signature}"`;
}

/** The merchant's key from PEM text. @throws Error for a text that is no RSA key; nothing of the text is in the error */
export function merchantKey(pem: string): KeyObject {
  return rsaKey('The private key of the WeChat Pay merchant', () => createPrivateKey(withLineBreaks(pem)));
}

function platformKey(serial: string, pem: string): KeyObject {
  const what = `The WeChat Pay platform key ${serial}`;
  const text = withLineBreaks(pem);
  if (!text.includes('BEGIN CERTIFICATE')) return rsaKey(what, () => createPublicKey(text));
  const certificate = new X509Certificate(text);
  if (certificate.serialNumber.toUpperCase() !== serial.toUpperCase()) {
    throw new Error(`${what} is a certificate of another serial number, ${certificate.serialNumber}.`);
  }
  return rsaKey(what, () => certificate.publicKey);
}

function rsaKey(what: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // The cause may quote the key.
    throw new Error(`${what} is not readable as PEM.`);
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`${what} is not an RSA key.`);
  return key;
}

/** Environment variables often carry line breaks as `\n`. */
const withLineBreaks = (pem: string): string => pem.replaceAll('\\n', '\n');
