/**
 * What providers send to us, apart from the gateways that instruct: this file loads no provider SDK, and it is all of
 * integrations/ that the API may import.
 */
import type { Mode } from './gateway';
import { ALIPAY_ANSWERS } from './alipay/answers';
import { AlipayNotifications, type AlipayNotificationOptions } from './alipay/notifications';
import type {
  NotificationAnswers,
  NotificationHeaders,
  NotificationVerifier,
  VerifiedNotification,
} from './notification';
import { StripeNotifications, type StripeNotificationOptions } from './stripe/notifications';
import { WECHAT_PAY_ANSWERS } from './wechat-pay/answers';
import { WeChatPayNotifications, type WeChatPayNotificationOptions } from './wechat-pay/notifications';

export * from './notification';
export type { AlipayNotificationOptions } from './alipay/notifications';
export type { StripeNotificationOptions } from './stripe/notifications';
export type { WeChatPayNotificationOptions } from './wechat-pay/notifications';

/** Accounts whose notifications are received, by provider. */
export interface NotificationReaderOptions {
  stripe?: readonly StripeNotificationOptions[];
  alipay?: readonly AlipayNotificationOptions[];
  wechatPay?: readonly WeChatPayNotificationOptions[];
}

export interface NotificationReader {
  /**
   * Verifies a notification that came for an account and says what it tells.
   * @returns null when no such account is configured
   * @throws ForgedNotificationError
   */
  read(
    provider: string,
    merchantAccount: string,
    headers: NotificationHeaders,
    rawBody: Uint8Array,
    now: Date,
  ): VerifiedNotification | null;
  /** The modes in which an account is configured; empty when it is not. */
  modesOf(provider: string, merchantAccount: string): readonly Mode[];
}

/** @throws Error when an account is configured twice or has no secret */
export function createNotificationReader(options: NotificationReaderOptions): NotificationReader {
  const verifiers = new Map<string, NotificationVerifier>();
  const modes = new Map<string, readonly Mode[]>();
  const add = <Options extends { merchantAccount: string; mode: Mode }>(
    provider: string,
    accounts: readonly Options[],
    create: (modesOfOne: Options[]) => NotificationVerifier,
  ): void => {
    for (const merchantAccount of new Set(accounts.map((account) => account.merchantAccount))) {
      const modesOfOne = accounts.filter((account) => account.merchantAccount === merchantAccount);
      verifiers.set(keyOf(provider, merchantAccount), create(modesOfOne));
      modes.set(
        keyOf(provider, merchantAccount),
        modesOfOne.map(({ mode }) => mode),
      );
    }
  };
  add('stripe', options.stripe ?? [], (accounts) => new StripeNotifications(accounts));
  add('alipay', options.alipay ?? [], (accounts) => new AlipayNotifications(accounts));
  add('wechat_pay', options.wechatPay ?? [], (accounts) => new WeChatPayNotifications(accounts));
  return {
    read: (provider, merchantAccount, headers, rawBody, now) =>
      verifiers.get(keyOf(provider, merchantAccount))?.verify(headers, rawBody, now) ?? null,
    modesOf: (provider, merchantAccount) => modes.get(keyOf(provider, merchantAccount)) ?? [],
  };
}

/** What most providers take: 200 for received, anything else for refused. */
const USUAL_ANSWERS: NotificationAnswers = { received: { status: 200, body: { received: true } }, refused: null };

const ANSWERS: ReadonlyMap<string, NotificationAnswers> = new Map([
  ['alipay', ALIPAY_ANSWERS],
  ['wechat_pay', WECHAT_PAY_ANSWERS],
]);

/** How a provider wants its notifications answered. */
export function answersTo(provider: string): NotificationAnswers {
  return ANSWERS.get(provider) ?? USUAL_ANSWERS;
}

const keyOf = (provider: string, merchantAccount: string): string => JSON.stringify([provider, merchantAccount]);
