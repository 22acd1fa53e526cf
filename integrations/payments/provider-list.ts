import { alipay } from './alipay/provider';
import { bankTransfer } from './bank-transfer/provider';
import { stripe } from './stripe/provider';
import { weChatPay } from './wechat-pay/provider';

/** Every provider there is, one line each. Nothing else names them. */
export const PROVIDERS = [stripe, alipay, weChatPay, bankTransfer] as const;
