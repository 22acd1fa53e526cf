import { createCipheriv, randomBytes, sign, verify } from 'node:crypto';
import type { WeChatPayCredentials } from './credentials';

const MAX_CLOCK_DIFFERENCE_S = 300;

/** The four headers that prove what the platform sends: SHA256 with RSA over `timestamp\nnonce\nbody\n`. */
export function platformHeaders(
  credentials: Pick<WeChatPayCredentials, 'platformPrivateKey' | 'platformSerial'>,
  body: string,
  timestampSeconds = Math.floor(Date.now() / 1_000),
): Record<string, string> {
  const nonce = randomBytes(16).toString('hex');
  const message = Buffer.from(`${timestampSeconds}\n${nonce}\n${body}\n`);
  return {
    'Wechatpay-Timestamp': String(timestampSeconds),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': sign('sha256', message, credentials.platformPrivateKey).toString('base64'),
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    'Wechatpay-Serial': credentials.platformSerial,
  };
}

/** The same headers with a signature that does not fit. */
export function spoiled(headers: Record<string, string>): Record<string, string> {
  const signature = Buffer.from(headers['Wechatpay-Signature'] ?? '', 'base64');
  signature.writeUInt8(signature.readUInt8(0) ^ 1, 0);
  return { ...headers, 'Wechatpay-Signature': signature.toString('base64') };
}

/** The `resource` of a notification: AES-256-GCM with the tag at the end. */
export function encrypted(apiV3Key: string, plain: unknown): Record<string, string> {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce);
  cipher.setAAD(Buffer.from('refund'));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(plain), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return {
    original_type: 'refund',
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: sealed.toString('base64'),
    associated_data: 'refund',
    nonce,
  };
}

/**
 * Checks a request's `Authorization`.
 * @returns what is wrong with it, or undefined
 */
export function requestFault(
  credentials: WeChatPayCredentials,
  request: { method: string; url: string; body: string; authorization: string | undefined },
): string | undefined {
  const given = /^WECHATPAY2-SHA256-RSA2048 (.+)$/.exec(request.authorization ?? '')?.[1];
  if (given === undefined) return 'Http头Authorization值格式错误';
  const fields = Object.fromEntries([...given.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature } = fields as Record<string, string>;
  if (!mchid || !nonce || !timestamp || !serial || !signature) return 'Http头Authorization缺少字段';
  if (mchid !== credentials.merchantId || serial !== credentials.merchantSerial) return '商户证书序列号有误';
  const differenceS = Math.abs(Date.now() / 1_000 - Number(timestamp));
  if (!(differenceS <= MAX_CLOCK_DIFFERENCE_S)) return 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟';
  const message = Buffer.from(`${request.method}\n${request.url}\n${timestamp}\n${nonce}\n${request.body}\n`);
  const fits = verify('sha256', message, credentials.merchantPublicKey, Buffer.from(signature, 'base64'));
  return fits ? undefined : '签名错误';
}
