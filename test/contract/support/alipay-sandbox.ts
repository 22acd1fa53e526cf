import { generateKeyPairSync } from 'node:crypto';
import type { AlipaySetup } from '../../../sandbox/alipay';

/** A pair of test keys, made anew for every run: none is ever kept in the repository. */
export function newKeyPair(bits = 2_048): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: bits,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

export const APP_ID = '2021000000000001';

/** The application's pair and Alipay's own. */
export interface AlipayKeys {
  app: { privateKey: string; publicKey: string };
  alipay: { privateKey: string; publicKey: string };
}

export function newAlipayKeys(): AlipayKeys {
  return { app: newKeyPair(), alipay: newKeyPair() };
}

/** How a sandbox is started with them. */
export function setupOf(keys: AlipayKeys, more: Partial<AlipaySetup> = {}): AlipaySetup {
  return { appId: APP_ID, appPublicKey: keys.app.publicKey, privateKey: keys.alipay.privateKey, ...more };
}
