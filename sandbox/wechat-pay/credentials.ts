import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Both sides' keys: the merchant signs requests, the platform signs answers and notifications and encrypts the latter. */
export interface WeChatPayCredentials {
  readonly merchantId: string;
  readonly merchantSerial: string;
  /** PEM. */
  readonly merchantPrivateKey: string;
  readonly merchantPublicKey: string;
  /** `PUB_KEY_ID_…`. */
  readonly platformSerial: string;
  readonly platformPrivateKey: string;
  readonly platformPublicKey: string;
  /** 32 characters. */
  readonly apiV3Key: string;
}

/** Makes the keys of a merchant that does not exist anywhere else. */
export function generateWeChatPayCredentials(): WeChatPayCredentials {
  const merchant = keyPair();
  const platform = keyPair();
  return {
    merchantId: '1900000109',
    merchantSerial: randomBytes(20).toString('hex').toUpperCase(),
    merchantPrivateKey: merchant.privateKey,
    merchantPublicKey: merchant.publicKey,
    platformSerial: `PUB_KEY_ID_${randomBytes(16).toString('hex').toUpperCase()}`,
    platformPrivateKey: platform.privateKey,
    platformPublicKey: platform.publicKey,
    apiV3Key: randomBytes(16).toString('hex'),
  };
}

function keyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
