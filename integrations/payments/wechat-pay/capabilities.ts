import { withTerms, type GatewayCapabilities } from '../capabilities';

/** WeChat Pay's domestic merchants, as a process sees them. */
export const WECHAT_PAY_CAPABILITIES: GatewayCapabilities = {
  partial: true,
  limits: {
    // Sources: wechatpay-go, refunddomestic (50 partial refunds, orders up to a year old).
    maxRefundsPerPayment: 50,
    refundableForDays: 365,
    // Source: the English pages for external merchants alone ("separated by 1 minute"), so it can be set otherwise.
    minimumIntervalMs: 60_000,
  },
  currencies: ['CNY'],
  paysToAccounts: false,
  needsDestination: false,
  canReturn: true,
  asynchronous: true,
  queryable: true,
  // Every minute for five, then 5, 10, 20 and 30 minutes, as documented; on until a bank's three working days are over.
  queryBackOff: { delaysSeconds: [60, 60, 60, 60, 60, 300, 600, 1_200, 1_800], maxQueries: 160 },
  refuses: weChatPayRefuses,
};

/** What a merchant can do. @param account `refundIntervalMs`: the least time between two refunds that it counts by */
export const weChatPayCapabilities = (account: { refundIntervalMs?: number | undefined }): GatewayCapabilities =>
  withTerms(WECHAT_PAY_CAPABILITIES, { limits: { minimumIntervalMs: account.refundIntervalMs } });

/** Why WeChat Pay cannot take this amount, or null when it can: whole fen of CNY. */
export function weChatPayRefuses(amountMinor: number, currency: string): string | null {
  if (currency !== 'CNY') return 'currency_not_supported';
  return Number.isSafeInteger(amountMinor) && amountMinor > 0 ? null : 'amount_not_expressible';
}
