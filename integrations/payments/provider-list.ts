import { alipay } from './alipay/provider';
import { bankTransfer } from './bank-transfer/provider';
import { stripe } from './stripe/provider';
import { weChatPay } from './wechat-pay/provider';

/**
 * Every provider there is, one line each. Beside this, what is set for their accounts names them: config/ reads it,
 * worker/payment-accounts.ts and worker/outside-world.ts make accounts of it.
 */
export const PROVIDERS = [stripe, alipay, weChatPay, bankTransfer] as const;
