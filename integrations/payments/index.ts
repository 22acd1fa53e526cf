export type { AlipayAccountOptions } from './alipay/client';
export * from './gateway';
export { createGateways, type GatewayRegistry, type GatewaysOptions } from './registry';
export type { StripeAccountOptions } from './stripe/client';
export type { WeChatPayAccountOptions } from './wechat-pay/client';
