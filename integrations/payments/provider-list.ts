import { alipay } from './alipay/provider';
import { bankTransfer } from './bank-transfer/provider';
import { stripe } from './stripe/provider';
import { weChatPay } from './wechat-pay/provider';

/**
 * Every provider there is, one line each. Beside this, config/ alone names them: it reads what is set up for their accounts.
 */
export const PROVIDERS = [stripe, alipay, weChatPay, bankTransfer] as const;
