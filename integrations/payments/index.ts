export type { AlipayAccountOptions } from './alipay/client';
export { DirectoryExchange } from './bank-transfer/directory-exchange';
export type { FileExchange } from './bank-transfer/file-exchange';
export { BankTransferGateway, WITHDRAWN, type BankTransferRelease } from './bank-transfer/gateway';
export { ExchangeUnavailableError } from './bank-transfer/file-exchange';
export { HttpExchange } from './bank-transfer/http-exchange';
export {
  DestinationNotYetError,
  type BankDestination,
  type BankTransferAccountOptions,
  type ResolveDestination,
} from './bank-transfer/options';
export type { ReleaseOutcome, StoredInstruction } from './bank-transfer/outbox';
export * from './capabilities';
export * from './gateway';
export * from './payee-check/payee-checker';
export { VopChecker, type VopCheckerOptions } from './payee-check/vop-checker';
export { createGateways, type BankAccount, type GatewayRegistry } from './registry';
export { accountsOf, type GatewaysOptions } from './providers';
export * from './settlement';
export { createSettlementSources, type SettlementAccount, type SettlementRegistry } from './settlement-registry';
export type { StripeAccountOptions } from './stripe/client';
export type { WeChatPayAccountOptions } from './wechat-pay/client';
