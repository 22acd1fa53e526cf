import type { Mode } from '../gateway';
import type { AlipayAccountOptions } from './client';

/** An application at Alipay as it is set up. */
export interface AlipaySettings {
  merchantAccount: string;
  mode: Mode;
  appId: string;
  privateKey: string;
  /** Alipay's own, the current one first. */
  alipayPublicKeys: readonly string[];
  /** Null: Alipay itself. */
  apiUrl: string | null;
  /** Days after a payment in which Alipay refunds it; null: only Alipay knows. */
  refundableForDays: number | null;
}

/** The application as its gateway takes it. */
export function alipayAccount(alipay: AlipaySettings): AlipayAccountOptions {
  const { merchantAccount, mode, appId, privateKey, apiUrl, refundableForDays } = alipay;
  // Answers are signed with the current key; the one before counts for notifications that are still on their way.
  const [alipayPublicKey = ''] = alipay.alipayPublicKeys;
  return {
    merchantAccount,
    mode,
    appId,
    privateKey,
    alipayPublicKey,
    ...(apiUrl === null ? {} : { apiBase: apiUrl }),
    ...(refundableForDays === null ? {} : { refundableForDays }),
  };
}
