import type { DemoKeyName } from '../prisma/seed';
import type { DemoKeys } from './home';
import { call } from './http-client';
import { waitFor } from './wait';

/** Where the sample goes. */
export interface SampleTarget {
  readonly api: string;
  readonly sandbox: string;
  readonly keys: DemoKeys;
}

export interface TimelineEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly actor: { readonly kind: string; readonly id: string | null; readonly name: string | null };
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SampleRefund {
  readonly id: string;
  readonly orderExternalId: string;
  readonly timeline: readonly TimelineEvent[];
}

interface Refund {
  readonly id: string;
  readonly status: string;
  readonly snapshotVersion: number;
  readonly waitingFor: { readonly kind: string; readonly stage?: string | null } | null;
}

/** CNY 5,199.00: above 5,000, so that all three stages decide. */
const AMOUNT_MINOR = 519_900;
const CURRENCY = 'CNY';

/** Who decides which stage in the sample; each person once. */
const DECIDERS: Readonly<Record<string, DemoKeyName>> = {
  first_review: 'reviewer',
  second_review: 'reviewer2',
  final_approval: 'approver',
};

/**
 * One refund from the order to the arrival of the money, by HTTP alone, as the shop, its staff and three deciders would
 * do it. Takes a few seconds.
 * @param number makes the ids of order and payment unique
 * @throws Error that names the request or the state in which it got stuck
 */
export async function driveSampleRefund(target: SampleTarget, number: string): Promise<SampleRefund> {
  const orderExternalId = `DEMO-${number}`;
  const providerPaymentId = await takePayment(target.sandbox);
  await putOrder(target, orderExternalId, providerPaymentId);
  const accepted = await call<Refund>('POST', `${target.api}/v1/refunds`, {
    key: target.keys.integrator,
    body: {
      orderExternalId,
      amountMinor: AMOUNT_MINOR,
      currency: CURRENCY,
      reasonCode: 'quality',
      description: '左侧扶手断裂',
      channel: 'online',
      lines: [{ externalId: 'L1', quantity: 1 }],
      resolution: 'refund',
    },
  });
  for (let stages = 0; stages < Object.keys(DECIDERS).length; stages += 1) await decideNextStage(target, accepted.id);
  await reached(target, accepted.id, 'paid');
  await confirmReceipt(target, accepted.id);
  await reached(target, accepted.id, 'arrived');
  const { data } = await call<{ data: TimelineEvent[] }>('GET', `${target.api}/v1/refunds/${accepted.id}/timeline`, {
    key: target.keys.auditor,
  });
  return { id: accepted.id, orderExternalId, timeline: data };
}

/** The customer pays: a captured payment intent, over Stripe's own wire format. */
async function takePayment(sandbox: string): Promise<string> {
  const response = await fetch(`${sandbox}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_local_stack', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ amount: String(AMOUNT_MINOR), currency: CURRENCY.toLowerCase(), confirm: 'true' }),
  });
  if (!response.ok) throw new Error(`the sandbox took no payment: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

async function putOrder(target: SampleTarget, orderExternalId: string, providerPaymentId: string): Promise<void> {
  const capturedAt = new Date().toISOString();
  await call('PUT', `${target.api}/v1/orders/${orderExternalId}`, {
    key: target.keys.integrator,
    body: {
      customer: {
        externalId: 'C-DEMO',
        name: '王小明',
        email: 'ming@example.com',
        phone: '+8613800000000',
        locale: 'zh-CN',
      },
      currency: CURRENCY,
      placedAt: capturedAt,
      branch: 'shanghai-1',
      jurisdiction: 'CN',
      lines: [
        {
          externalId: 'L1',
          sku: 'SOFA-2',
          name: 'Sofa',
          category: 'furniture',
          quantity: 1,
          unitPriceMinor: AMOUNT_MINOR,
        },
      ],
      payments: [
        {
          externalId: `${orderExternalId}-P1`,
          provider: 'stripe',
          providerPaymentId,
          method: 'bank_card',
          amountMinor: AMOUNT_MINOR,
          currency: CURRENCY,
          capturedAt,
        },
      ],
    },
  });
}

async function decideNextStage(target: SampleTarget, refundId: string): Promise<void> {
  const refund = await waitFor(`refund ${refundId} waits for a decision`, async () => {
    const found = await getRefund(target, refundId);
    return found.waitingFor?.kind === 'stage' && found;
  });
  const stage = refund.waitingFor?.stage ?? '';
  const decider = DECIDERS[stage];
  if (decider === undefined)
    throw new Error(`refund ${refundId} waits for stage "${stage}", which no demo person decides`);
  await call('POST', `${target.api}/v1/refunds/${refundId}/decisions`, {
    key: target.keys[decider],
    body: { stage, decision: 'approve', snapshotVersion: refund.snapshotVersion, reason: 'photos show the break' },
  });
}

/** Staff confirm that the money is there, with the proof that staff must give. */
async function confirmReceipt(target: SampleTarget, refundId: string): Promise<void> {
  const form = new FormData();
  form.set('file', new Blob([PROOF], { type: 'image/png' }), 'bank-statement.png');
  const { id } = await call<{ id: string }>('POST', `${target.api}/v1/evidence`, { key: target.keys.agent, form });
  await call('POST', `${target.api}/v1/refunds/${refundId}/receipt`, {
    key: target.keys.agent,
    body: { arrivedAt: new Date().toISOString(), proof: id },
  });
}

/** The smallest picture there is: one transparent pixel. */
const PROOF = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

async function reached(target: SampleTarget, refundId: string, status: string): Promise<void> {
  await waitFor(
    `refund ${refundId} is ${status}`,
    async () => {
      const found = await getRefund(target, refundId);
      if (found.status === status) return true;
      throw new Error(`it is ${found.status}, waiting for ${found.waitingFor?.kind ?? 'nothing'}`);
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}

const getRefund = (target: SampleTarget, refundId: string): Promise<Refund> =>
  call('GET', `${target.api}/v1/refunds/${refundId}`, { key: target.keys.auditor });
