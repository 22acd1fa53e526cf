import { chanceOf, type Chance } from './random';

/** The parts of the stack that are killed. The sandbox is the outside world: its faults are planned. */
export const PARTS = ['worker', 'api', 'temporal', 'postgres'] as const;
export type Part = (typeof PARTS)[number];

/** Gateways that are called and that notify. */
export const ONLINE_PROVIDERS = ['stripe', 'alipay', 'wechat_pay'] as const;
export type OnlineProvider = (typeof ONLINE_PROVIDERS)[number];

/** All gateways: the bank's payments are files that two persons release. */
export const PROVIDERS = [...ONLINE_PROVIDERS, 'bank_transfer'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** A fault as the sandbox takes it, but for the reference, which is known only when the refund is accepted. */
export interface PlannedFault {
  behaviour: string;
  operation?: string;
  count?: number;
  delayMs?: number;
}

export interface PlannedPayment {
  provider: Provider;
  capturedMinor: number;
  /** What its provider does to the refund's first attempt and to the events about it. */
  faults: PlannedFault[];
}

/** An order, and what becomes of the refunds of it. */
export interface PlannedOrder {
  payments: PlannedPayment[];
  refunds: {
    amountMinor: number;
    ends: 'approve' | 'decline' | 'withdraw';
    /** What the desk does with a payment that failed: pays it again the same way, or to an account of the customer. */
    cure: 'new_attempt' | 'alternative_route';
    /** How long people take between two steps. */
    pauseMs: number;
  }[];
}

export interface PlannedKill {
  part: Part;
  /** Time since the kill before. */
  afterMs: number;
}

export interface ChaosPlan {
  seed: number;
  orders: PlannedOrder[];
  kills: PlannedKill[];
}

export interface ChaosSize {
  /** How many refunds; the last order may bring one more. */
  refunds: number;
  kills: number;
  /** How many of the kills strike the worker at least; it has the most under way. */
  workerKills: number;
  parts: readonly Part[];
  /**
   * `quick` leaves out the faults that a provider's own back-off heals only after a minute or more, so that a short run is
   * short. The full run has them all.
   */
  pace: 'quick' | 'full';
}

/** Everything that is going to happen, from one integer. The engine's and the machine's own timing stays their own. */
export function planChaos(seed: number, size: ChaosSize): ChaosPlan {
  const chance = chanceOf(seed);
  const orders: PlannedOrder[] = [];
  for (let planned = 0; planned < size.refunds;) {
    const order = planOrder(chance, size.pace);
    orders.push(order);
    planned += order.refunds.length;
  }
  return { seed, orders, kills: planKills(chance, size) };
}

/**
 * Every part once, the worker as often as is asked for, and the rest by lot, the worker twice as often; in some order. Of
 * what is more than there are kills, the last is left out.
 */
function planKills(chance: Chance, { kills, workerKills, parts, pace }: ChaosSize): PlannedKill[] {
  const worker = parts.filter((part) => part === 'worker');
  const more = Array.from({ length: Math.max(0, workerKills - 1) }, () => worker).flat();
  const left = [...parts, ...more].slice(0, kills);
  while (left.length < kills) left.push(chance.pick([...parts, ...worker]));
  return Array.from({ length: kills }, () => ({
    part: left.splice(chance.whole(0, left.length - 1), 1)[0] as Part,
    afterMs: chance.whole(500, pace === 'quick' ? 1_500 : 6_000),
  }));
}

/** By the amount, one, two or all three stages decide (CNY 200 and 5,000 are the default policy's thresholds). */
const CAPTURES_MINOR = [9_900, 12_800, 129_900, 399_900, 800_000] as const;

/** A call to WeChat Pay that a kill cuts off is asked about after a minute, so a short run has fewer of them. */
const QUICK_PROVIDERS: readonly Provider[] = ['stripe', 'stripe', 'alipay', 'alipay', 'wechat_pay', 'bank_transfer'];

function planOrder(chance: Chance, pace: ChaosSize['pace']): PlannedOrder {
  const payments = Array.from({ length: chance.pick([1, 1, 1, 1, 2, 2, 3]) }, (): PlannedPayment => {
    const provider = chance.pick(pace === 'quick' ? QUICK_PROVIDERS : PROVIDERS);
    return { provider, capturedMinor: chance.pick(CAPTURES_MINOR), faults: planFaults(chance, provider, pace) };
  });
  const capturedMinor = payments.reduce((sum, payment) => sum + payment.capturedMinor, 0);
  const ends = (): PlannedOrder['refunds'][number]['ends'] =>
    chance.pick(['approve', 'approve', 'approve', 'approve', 'approve', 'approve', 'decline', 'withdraw'] as const);
  const refund = (amountMinor: number): PlannedOrder['refunds'][number] => ({
    amountMinor,
    ends: ends(),
    cure: chance.once(3) ? 'alternative_route' : 'new_attempt',
    pauseMs: chance.whole(0, 400),
  });
  // All, a part, or two parts that are decided beside each other; they differ, for equal ones would be a duplicate.
  if (chance.once(3)) return { payments, refunds: [refund(capturedMinor)] };
  const part = chance.whole(1, capturedMinor - 2);
  if (!chance.once(4)) return { payments, refunds: [refund(part)] };
  const rest = chance.whole(1, capturedMinor - part);
  return { payments, refunds: [refund(part), refund(rest === part ? capturedMinor - part : rest)].filter(isNew) };
}

const isNew = ({ amountMinor }: { amountMinor: number }, i: number, all: { amountMinor: number }[]): boolean =>
  all.findIndex((other) => other.amountMinor === amountMinor) === i;

/** Names of the instruction and of the refusals, as each stand-in calls them. */
const INSTRUCT: Record<Provider, string> = {
  stripe: 'refund.create',
  alipay: 'trade.refund',
  wechat_pay: 'refund.create',
  bank_transfer: 'file.send',
};
const REFUSAL: Record<Provider, string> = {
  stripe: 'charge_not_refundable',
  alipay: 'ACQ.BUYER_ENABLE_STATUS_FORBID',
  wechat_pay: 'USER_ACCOUNT_ABNORMAL',
  bank_transfer: 'AC04',
};
const SLOW_DOWN: Record<OnlineProvider, string> = {
  stripe: 'rate_limit',
  alipay: 'isv.app-call-limited',
  wechat_pay: 'FREQUENCY_LIMITED',
};

/** At most one fault of the answer and one of the events; half of all calls go well. */
function planFaults(chance: Chance, provider: Provider, pace: ChaosSize['pace']): PlannedFault[] {
  const operation = INSTRUCT[provider];
  const ofAnswer = (behaviour: string, more: Partial<PlannedFault> = {}): PlannedFault => ({
    operation,
    behaviour,
    count: 1,
    ...more,
  });
  const signed =
    provider === 'alipay' || provider === 'wechat_pay'
      ? ['bad-answer-signature', 'no-answer-signature', 'unreadable-answer']
      : [];
  const answers: PlannedFault[] = [
    ofAnswer('slow', { delayMs: chance.whole(300, 2_000) }),
    ofAnswer('slow-before-commit', { delayMs: chance.whole(300, 2_000) }),
    ofAnswer('drop-after-commit', { count: chance.whole(1, 2) }),
    ofAnswer('5xx-after-commit'),
    ofAnswer('pending-ok', { delayMs: chance.whole(100, 3_000) }),
    ofAnswer('pending-fail', { delayMs: chance.whole(100, 1_000) }),
    ofAnswer(`error:${REFUSAL[provider]}`),
    // A bank takes files as fast as they come.
    ...(provider === 'bank_transfer' ? [] : [ofAnswer(`error:${SLOW_DOWN[provider]}`, { count: chance.whole(1, 2) })]),
    ...signed.map((behaviour) => ofAnswer(behaviour)),
    // WeChat Pay's silence about a number proves nothing for a minute.
    ...(provider === 'wechat_pay' && pace === 'quick'
      ? []
      : [ofAnswer('drop-before-commit', { count: chance.whole(1, 2) }), ofAnswer('5xx')]),
  ];
  const events: PlannedFault[] = [
    { operation, behaviour: `duplicate-webhook:${chance.whole(2, 5)}`, count: 1 },
    { operation, behaviour: 'late-webhook', count: 1, delayMs: chance.whole(500, 4_000) },
    // Without its notification only the back-off tells, which begins after a minute at WeChat Pay.
    ...(provider === 'wechat_pay' && pace === 'quick'
      ? []
      : [
          { operation, behaviour: 'bad-signature', count: 1 },
          { operation, behaviour: 'no-webhook', count: 1 },
        ]),
  ];
  return [...(chance.once(2) ? [chance.pick(answers)] : []), ...(chance.once(3) ? [chance.pick(events)] : [])];
}
