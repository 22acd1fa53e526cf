import { generateKeyPairSync } from 'node:crypto';
import type { WeChatPayCredentials } from './credentials';
import { post } from './notifications';
import { platformHeaders } from './signing';

/** What a forger or a replayer might send, and what WeChat Pay itself sends to see whether signatures are checked. */
export const FORGERIES = [
  'flipped_ciphertext',
  'wrong_tag',
  'wrong_serial',
  'other_key',
  'old_timestamp',
  'future_timestamp',
  'altered_body',
  'signature_probe',
  'no_signature',
] as const;

const TEN_MINUTES_S = 600;

/** Sends one forgery now, once. @returns the receiver's answer */
export function forge(
  kind: (typeof FORGERIES)[number],
  url: string,
  body: string,
  credentials: WeChatPayCredentials,
): Promise<{ status: number; body: string }> {
  const nowS = Math.floor(Date.now() / 1_000);
  switch (kind) {
    case 'flipped_ciphertext':
    case 'wrong_tag': {
      const flipped = withFlippedBit(body, kind === 'wrong_tag');
      return post(url, flipped, platformHeaders(credentials, flipped));
    }
    case 'wrong_serial':
      return post(url, body, { ...platformHeaders(credentials, body), 'Wechatpay-Serial': 'PUB_KEY_ID_UNKNOWN' });
    case 'other_key':
      return post(url, body, platformHeaders({ ...credentials, platformPrivateKey: otherKey() }, body));
    case 'old_timestamp':
      return post(url, body, platformHeaders(credentials, body, nowS - TEN_MINUTES_S));
    case 'future_timestamp':
      return post(url, body, platformHeaders(credentials, body, nowS + TEN_MINUTES_S));
    case 'altered_body':
      return post(url, body.replace('REFUND.', 'REFUND_'), platformHeaders(credentials, body));
    case 'signature_probe': {
      const headers = platformHeaders(credentials, body);
      return post(url, body, {
        ...headers,
        'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${headers['Wechatpay-Signature'] ?? ''}`,
      });
    }
    case 'no_signature':
      return post(url, body, {});
  }
}

/** Flips a bit of the ciphertext's first byte, or of its tag; the signature is made afterwards, so it fits. */
function withFlippedBit(body: string, inTag: boolean): string {
  const notification = JSON.parse(body) as { resource: { ciphertext: string } };
  const sealed = Buffer.from(notification.resource.ciphertext, 'base64');
  const at = inTag ? sealed.length - 1 : 0;
  sealed.writeUInt8(sealed.readUInt8(at) ^ 1, at);
  return JSON.stringify({
    ...notification,
    resource: { ...notification.resource, ciphertext: sealed.toString('base64') },
  });
}

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}
