import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DisputeNotice } from '../../../domain/payment';
import type { Mode } from '../gateway';
import {
  ForgedNotificationError,
  type ForgeryReason,
  type NotificationHeaders,
  type NotificationVerifier,
  type VerifiedNotification,
} from '../notification';
import { disputeOf, isDispute, type StripeDisputeObject } from './dispute-facts';
import { factsOf, REFERENCE_KEY, type StripeRefundObject } from './refund-facts';

/** The webhook endpoint of one account and mode. */
export interface StripeNotificationOptions {
  merchantAccount: string;
  mode: Mode;
  /** Signing secrets (`whsec_…`), the current one and, while rotating, the one before. */
  webhookSecrets: readonly string[];
}

/** How far a signature's time may lie from ours, in either direction. Stripe's own SDK refuses old ones alone. */
const TOLERANCE_MS = 300_000;

interface StripeEvent {
  id: string;
  type: string;
  created: number;
  livemode: boolean;
  object: Record<string, unknown>;
}

/**
 * Verifies Stripe's webhooks (docs.stripe.com/webhooks/signature): `Stripe-Signature: t=<unix seconds>,v1=<hex>`, where
 * v1 is HMAC-SHA256 over `<t>.<raw body>`.
 */
export class StripeNotifications implements NotificationVerifier {
  /** @param accounts the modes of one merchant account; the secret that fits tells which one it is */
  constructor(private readonly accounts: readonly StripeNotificationOptions[]) {
    const modes = new Set<Mode>();
    for (const { merchantAccount, mode, webhookSecrets } of accounts) {
      if (modes.has(mode))
        throw new Error(`Stripe's ${mode} notifications of "${merchantAccount}" are configured twice.`);
      modes.add(mode);
      if (webhookSecrets.length === 0 || webhookSecrets.some((secret) => secret.trim() === '')) {
        throw new Error(`Stripe's ${mode} notifications of "${merchantAccount}" need a signing secret.`);
      }
    }
  }

  verify(headers: NotificationHeaders, rawBody: Uint8Array, now: Date): VerifiedNotification {
    const { timestamp, signatures } = readSignature(headers['stripe-signature']);
    const account = this.accounts.find(({ webhookSecrets }) =>
      webhookSecrets.some((secret) => fits(signatures, timestamp, rawBody, secret)),
    );
    if (account === undefined) throw forged('bad_signature');
    const ageMs = now.getTime() - Number(timestamp) * 1_000;
    if (ageMs > TOLERANCE_MS) throw forged('too_old');
    if (ageMs < -TOLERANCE_MS) throw forged('too_new');
    const event = readEvent(rawBody);
    if (event.livemode !== (account.mode === 'live')) throw forged('wrong_mode');
    return notificationOf(event, account.mode);
  }
}

function forged(reason: ForgeryReason): ForgedNotificationError {
  return new ForgedNotificationError('stripe', reason);
}

function readSignature(header: string | string[] | undefined): { timestamp: string; signatures: Buffer[] } {
  if (typeof header !== 'string') throw forged('no_signature');
  const parts = header.split(',').map((part) => part.trim().split('=', 2));
  const timestamp = parts.find(([name]) => name === 't')?.[1] ?? '';
  const signatures = parts
    .filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/.test(value ?? ''))
    .map(([, value]) => Buffer.from(value ?? '', 'hex'));
  if (!/^\d{1,12}$/.test(timestamp) || signatures.length === 0) throw forged('no_signature');
  return { timestamp, signatures };
}

function fits(signatures: readonly Buffer[], timestamp: string, rawBody: Uint8Array, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest();
  return signatures.some((signature) => timingSafeEqual(signature, expected));
}

function readEvent(rawBody: Uint8Array): StripeEvent {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(rawBody).toString('utf8'));
  } catch {
    throw forged('unreadable');
  }
  if (!isRecord(body) || body['object'] !== 'event' || !isRecord(body['data'])) throw forged('unreadable');
  const { id, type, created, livemode } = body;
  const { object } = body['data'];
  const valid =
    typeof id === 'string' &&
    typeof type === 'string' &&
    Number.isSafeInteger(created) &&
    typeof livemode === 'boolean';
  if (!valid || !isRecord(object)) throw forged('unreadable');
  return { id, type, created: Number(created), livemode, object };
}

function notificationOf(event: StripeEvent, mode: Mode): VerifiedNotification {
  const refund = refundOf(event);
  return {
    mode,
    providerEventId: event.id,
    type: event.type,
    reference: refund?.metadata?.[REFERENCE_KEY] ?? null,
    providerRefundId: refund?.id ?? null,
    providerPaymentIds: namesOfPayment(event, refund),
    occurredAt: new Date(event.created * 1_000).toISOString(),
    facts: refund === null ? null : factsWithoutId(refund),
    ...(event.type.startsWith('charge.dispute.') ? { dispute: disputeIn(event) } : {}),
  };
}

/** Shops know a payment by its intent or by its charge. */
function namesOfPayment({ object }: StripeEvent, refund: StripeRefundObject | null): string[] {
  const names = [
    idOf(refund?.payment_intent) ?? idOf(object['payment_intent']),
    idOf(refund?.charge) ?? (object['object'] === 'charge' ? idOf(object['id']) : idOf(object['charge'])),
  ];
  return names.filter((name) => name !== null);
}

function disputeIn({ type, object }: StripeEvent): DisputeNotice {
  if (!isDispute(object)) throw forged('unreadable');
  return disputeOf(type, object as unknown as StripeDisputeObject);
}

/**
 * The refund an event is about. `charge.refunded` carries the charge, and the charge its refunds only in older API
 * versions; of several the latest with a reference of ours counts, the others have events of their own.
 */
function refundOf(event: StripeEvent): StripeRefundObject | null {
  if (event.type.startsWith('refund.') || event.type === 'charge.refund.updated') {
    if (!isRefund(event.object)) throw forged('unreadable');
    return event.object;
  }
  if (event.type !== 'charge.refunded') return null;
  const list = event.object['refunds'];
  const data: unknown = isRecord(list) ? list['data'] : undefined;
  const refunds = (Array.isArray(data) ? data : []).filter(isRefund);
  const ours = refunds.filter((refund) => refund.metadata?.[REFERENCE_KEY] !== undefined);
  return ours.toSorted((a, b) => b.created - a.created)[0] ?? null;
}

function factsWithoutId(refund: StripeRefundObject): NonNullable<VerifiedNotification['facts']> {
  const { outcome, amountMinor, failure, traceNumber } = factsOf(refund);
  return { outcome, amountMinor, failure, traceNumber };
}

function isRefund(value: unknown): value is StripeRefundObject & Record<string, unknown> {
  return (
    isRecord(value) &&
    value['object'] === 'refund' &&
    typeof value['id'] === 'string' &&
    Number.isSafeInteger(value['amount']) &&
    typeof value['currency'] === 'string'
  );
}

function idOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return isRecord(value) && typeof value['id'] === 'string' ? value['id'] : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
