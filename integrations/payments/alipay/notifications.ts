import { createVerify, type KeyObject } from 'node:crypto';
import type { Mode } from '../gateway';
import {
  ForgedNotificationError,
  type ForgeryReason,
  type NotificationHeaders,
  type NotificationVerifier,
  type VerifiedNotification,
} from '../notification';
import { readPublicKey } from './keys';

/** What one application at Alipay sends for a merchant account and mode. */
export interface AlipayNotificationOptions {
  merchantAccount: string;
  mode: Mode;
  appId: string;
  /** Alipay's public keys for this application: the current one and, while it is replaced, the one before. */
  alipayPublicKeys: readonly string[];
}

/**
 * How old a notification may be. Alipay sends one again for 25 hours (docs.antom.com), and it carries the time of its
 * first sending, so that nothing tighter would let the last one in. Repetitions are harmless: they have one `notify_id`.
 */
const OLDEST_MS = 26 * 3_600_000;
const NEWEST_MS = 300_000;

/** RSA-2048 and longer; node decodes base64 without complaint, so the text is compared with what it decodes to. */
const BASE64 = /^[A-Za-z0-9+/]{300,}={0,2}$/;

interface Account {
  mode: Mode;
  appId: string;
  keys: readonly KeyObject[];
}

type Fields = ReadonlyMap<string, string>;

/**
 * Verifies what Alipay posts to a payment's `notify_url`: a form whose `sign` is RSA-SHA256 over all other fields but
 * `sign_type`, decoded, sorted by name and joined as `name=value&…` (opendocs.alipay.com, asynchronous notifications).
 * A shop that receives them itself may forward them: the signature travels in the body.
 */
export class AlipayNotifications implements NotificationVerifier {
  private readonly accounts: readonly Account[];

  /** @param accounts the modes of one merchant account; the application they name tells which one it is */
  constructor(accounts: readonly AlipayNotificationOptions[]) {
    const modes = new Set<Mode>();
    this.accounts = accounts.map(({ merchantAccount, mode, appId, alipayPublicKeys }) => {
      if (modes.has(mode))
        throw new Error(`Alipay's ${mode} notifications of "${merchantAccount}" are configured twice.`);
      modes.add(mode);
      if (alipayPublicKeys.length === 0) {
        throw new Error(`Alipay's ${mode} notifications of "${merchantAccount}" need Alipay's public key.`);
      }
      const what = `Alipay's public key for the ${mode} notifications of "${merchantAccount}"`;
      return { mode, appId, keys: alipayPublicKeys.map((key) => readPublicKey(key, what)) };
    });
  }

  verify(_headers: NotificationHeaders, rawBody: Uint8Array, now: Date): VerifiedNotification {
    const fields = readForm(rawBody);
    const signature = readSignature(fields);
    const signers = this.accounts.filter(({ keys }) => keys.some((key) => fits(fields, signature, key)));
    if (signers.length === 0) throw forged('bad_signature');
    const account = signers.find(({ appId }) => appId === fields.get('app_id'));
    if (account === undefined) throw forged('wrong_account');
    const sentAt = beijingTime(fields.get('notify_time'));
    if (sentAt === null) throw forged('unreadable');
    const ageMs = now.getTime() - sentAt.getTime();
    if (ageMs > OLDEST_MS) throw forged('too_old');
    if (ageMs < -NEWEST_MS) throw forged('too_new');
    return notificationOf(fields, account.mode, sentAt);
  }
}

function forged(reason: ForgeryReason): ForgedNotificationError {
  return new ForgedNotificationError('alipay', reason);
}

/** Decodes the form. A name that comes twice could be signed once and read twice, so it is refused. */
function readForm(rawBody: Uint8Array): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.from(rawBody).toString('utf8'))) {
    if (fields.has(name)) throw forged('unreadable');
    fields.set(name, value);
  }
  return fields;
}

function readSignature(fields: Fields): Buffer {
  const sign = fields.get('sign');
  if (sign === undefined || sign === '') throw forged('no_signature');
  const signature = Buffer.from(sign, 'base64');
  // SHA-1 (`RSA`) is what an attacker would ask for.
  if (fields.get('sign_type') !== 'RSA2' || !BASE64.test(sign) || signature.toString('base64') !== sign) {
    throw forged('bad_signature');
  }
  return signature;
}

/** Alipay leaves `sign_type` out of the signed text, in some products it keeps it; its own SDK tries both. */
function fits(fields: Fields, signature: Buffer, key: KeyObject): boolean {
  return [['sign', 'sign_type'], ['sign']].some((leftOut) => {
    const text = [...fields]
      .filter(([name]) => !leftOut.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    return createVerify('RSA-SHA256').update(text, 'utf8').verify(key, signature);
  });
}

/** `yyyy-MM-dd HH:mm:ss[.SSS]`, always in China's time. */
function beijingTime(text: string | undefined): Date | null {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)$/.exec(text ?? '');
  const instant = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}+08:00`);
  return Number.isNaN(instant) ? null : new Date(instant);
}

/**
 * A refund is recognised by its three fields; everything else tells about the payment. `refund_fee` is what the trade
 * gave back in all, so that no amount of this refund is said: the reference alone counts.
 */
function notificationOf(fields: Fields, mode: Mode, sentAt: Date): VerifiedNotification {
  const notifyId = fields.get('notify_id');
  const status = fields.get('trade_status') ?? '';
  if (notifyId === undefined || notifyId === '') throw forged('unreadable');
  const reference = fields.get('out_biz_no') ?? '';
  const refundedAt = beijingTime(fields.get('gmt_refund'));
  const isRefund = reference !== '' && refundedAt !== null && (fields.get('refund_fee') ?? '') !== '';
  const tradeNo = fields.get('trade_no') ?? null;
  return {
    mode,
    providerEventId: notifyId,
    type: isRefund ? `refund.${status.toLowerCase()}` : `trade.${status.toLowerCase()}`,
    reference: isRefund ? reference : null,
    providerRefundId: isRefund ? reference : null,
    providerPaymentIds: [tradeNo, fields.get('out_trade_no')].filter((name) => typeof name === 'string'),
    occurredAt: (refundedAt ?? sentAt).toISOString(),
    facts: isRefund ? { outcome: 'succeeded', amountMinor: null, failure: null, traceNumber: tradeNo } : null,
  };
}
