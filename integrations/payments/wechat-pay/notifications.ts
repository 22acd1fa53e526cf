import type { Mode } from '../gateway';
import {
  ForgedNotificationError,
  type ForgeryReason,
  type NotificationHeaders,
  type NotificationVerifier,
  type VerifiedNotification,
} from '../notification';
import { apiV3KeyOf, decryptResource } from './encrypted-resource';
import { outcomeOf, readRefund } from './refund-facts';
import { PlatformKeys, type WeChatPayPlatformKey } from './signature';

/** The notifications of one merchant. */
export interface WeChatPayNotificationOptions {
  merchantAccount: string;
  mode: Mode;
  merchantId: string;
  /** APIv3 keys (32 bytes), the current one and, while it is being replaced, the one before. */
  apiV3Keys: readonly string[];
  platformKeys: readonly WeChatPayPlatformKey[];
}

interface Account {
  mode: Mode;
  merchantId: string;
  apiV3Keys: readonly Buffer[];
  platformKeys: PlatformKeys;
}

/**
 * Verifies WeChat Pay's notifications: the signature of the platform over the raw body, then the tag of the encrypted
 * resource, then the merchant it is for (pay.weixin.qq.com, "退款结果通知").
 */
export class WeChatPayNotifications implements NotificationVerifier {
  private readonly accounts: readonly Account[];

  /**
   * @param accounts the modes of one merchant account; the platform key that fits tells which one it is
   * @throws Error for keys that cannot be read
   */
  constructor(accounts: readonly WeChatPayNotificationOptions[]) {
    this.accounts = accounts.map(({ merchantAccount, mode, merchantId, apiV3Keys, platformKeys }, index) => {
      if (accounts.findIndex((other) => other.mode === mode) !== index)
        throw new Error(`WeChat Pay's ${mode} notifications of "${merchantAccount}" are configured twice.`);
      if (apiV3Keys.length === 0)
        throw new Error(`WeChat Pay's ${mode} notifications of "${merchantAccount}" need an APIv3 key.`);
      return {
        mode,
        merchantId,
        apiV3Keys: apiV3Keys.map(apiV3KeyOf),
        platformKeys: new PlatformKeys(platformKeys),
      };
    });
  }

  verify(headers: NotificationHeaders, rawBody: Uint8Array, now: Date): VerifiedNotification {
    const account = this.senderOf(headers, rawBody, now);
    const notification = jsonOf(rawBody);
    const resource = decrypted(notification['resource'], account);
    if (resource['mchid'] !== account.merchantId) throw forged('wrong_account');
    return notificationOf(notification, resource, account.mode);
  }

  /** The account whose platform key signed. @throws ForgedNotificationError */
  private senderOf(headers: NotificationHeaders, rawBody: Uint8Array, now: Date): Account {
    let reason: ForgeryReason = 'unknown_key';
    for (const account of this.accounts) {
      const fault = account.platformKeys.check(headers, rawBody, now);
      if (fault === null) return account;
      if (fault !== 'unknown_key') reason = fault;
    }
    throw forged(reason);
  }
}

function forged(reason: ForgeryReason): ForgedNotificationError {
  return new ForgedNotificationError('wechat_pay', reason);
}

function decrypted(resource: unknown, account: Account): Record<string, unknown> {
  for (const key of account.apiV3Keys) {
    const plain = decryptResource(resource, key);
    if (plain !== null) return jsonOf(plain);
  }
  throw forged('unreadable');
}

function jsonOf(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw forged('unreadable');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw forged('unreadable');
  return value as Record<string, unknown>;
}

function notificationOf(
  notification: Record<string, unknown>,
  resource: Record<string, unknown>,
  mode: Mode,
): VerifiedNotification {
  const { id, event_type: type, create_time: createdAt } = notification;
  if (typeof id !== 'string' || typeof type !== 'string') throw forged('unreadable');
  const refund = type.startsWith('REFUND.') ? readRefund(resource) : null;
  if (type.startsWith('REFUND.') && refund === null) throw forged('unreadable');
  const names = [resource['transaction_id'], resource['out_trade_no']];
  return {
    mode,
    providerEventId: id,
    type,
    reference: refund?.outRefundNo ?? null,
    providerRefundId: refund?.refundId ?? null,
    providerPaymentIds: names.filter((name) => typeof name === 'string'),
    occurredAt: instantOf(resource['success_time'] ?? createdAt),
    facts: refund === null ? null : { ...outcomeOf(refund.status), amountMinor: refund.refundFen, traceNumber: null },
  };
}

/** @throws ForgedNotificationError for what is no RFC 3339 instant */
function instantOf(text: unknown): string {
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw forged('unreadable');
  return new Date(at).toISOString();
}
