import type { LocalStack } from '../local-stack';
import { ONLINE_PROVIDERS, type OnlineProvider } from '../plan';
import { chanceOf } from '../random';
import { untilQuiet, whileLess } from '../until-quiet';
import { approveSmall, inTurns, INSTRUCTION, request, untilPaid, type Drill, type Requested } from './drill';

/** What happens to the events of a refund: each in turn, so that a third of the refunds has each. */
const eventFaults = (size: number, delayMs: number): { behaviour: string; delayMs?: number }[] => [
  { behaviour: `duplicate-webhook:${size}` },
  // The first events are late, so those that follow overtake them.
  { behaviour: 'late-webhook', delayMs },
  { behaviour: 'late-webhook', delayMs: delayMs * 4 },
];

/**
 * For each gateway with notifications, `size` refunds whose notifications come `size` times over, late and out of order,
 * and `size` forgeries. Each refund is paid by one transition and no event is applied twice; every forgery is refused as
 * its provider expects, counted, and changes nothing.
 */
export const notifications: Drill = {
  standsAlone: false,
  fullSize: 50,
  async run({ stack, seed, size, say, providers = ONLINE_PROVIDERS }) {
    const chance = chanceOf(seed);
    const violations: string[] = [];
    const requested: Requested[] = [];
    const jobs = providers.flatMap((provider) => Array.from({ length: size }, (_none, i) => ({ provider, i })));
    await inTurns(jobs, 6, async ({ provider, i }) => {
      const one = await request(stack, `NOTE-${seed}-${provider}-${i}`, provider, 4_000 + i);
      const fault = { provider, reference: one.reference, operation: INSTRUCTION[provider], count: 1 };
      const delays = { settle: chance.whole(100, 1_500), late: chance.whole(500, 1_500) };
      const [faultOfEvents] = [eventFaults(size, delays.late)[i % 3]];
      await stack.control('/control/faults', { ...fault, behaviour: 'pending-ok', delayMs: delays.settle });
      await stack.control('/control/faults', { ...fault, ...faultOfEvents });
      requested.push(one);
      await approveSmall(stack, one);
    });
    violations.push(...(await untilPaid(stack, idsOf(requested))));
    violations.push(...(await untilDelivered(stack)));
    say(`${requested.length} refunds are paid; now the forgeries`);

    const before = await stateOf(stack, requested);
    let forged = 0;
    for (const provider of providers) {
      const targets = requested.filter((one) => one.provider === provider);
      const counted = await refusedCount(stack, provider);
      for (let i = 0; i < size; i += 1) {
        const why = await FORGE[provider](stack, targets[i % targets.length] as Requested, i);
        if (why !== null) violations.push(`${provider}, forgery ${i + 1}: ${why}`);
        forged += 1;
      }
      const more = (await refusedCount(stack, provider)) - counted;
      if (more !== size) violations.push(`${provider}: ${more} of ${size} forgeries were counted`);
    }
    if ((await stateOf(stack, requested)) !== before) violations.push('a forgery changed something');
    const delivered = size >= notifications.fullSize;
    if (delivered) await untilQuiet(stack);
    violations.push(...(await appliedTwice(stack, idsOf(requested))));
    const events = await stack.db.providerEvent.count({ where: { refundId: { in: idsOf(requested) } } });
    return {
      line: `${requested.length} refunds with notifications repeated ${size} times, late and overtaken: ${events} events kept; ${forged} forgeries refused`,
      violations: [...violations, ...(await stack.violations({ delivered }))],
    };
  },
};

const idsOf = (requested: Requested[]): string[] => requested.map(({ refundId }) => refundId);

/** Until no notification waits for its delivery any more: what comes doubled or late has come. */
async function untilDelivered({ sandbox }: LocalStack): Promise<string[]> {
  let waiting: Record<string, number> = {};
  const taken = await whileLess(async () => {
    waiting = (await (await fetch(`${sandbox}/control/deliveries`)).json()) as Record<string, number>;
    return Object.values(waiting).reduce((sum, count) => sum + count, 0);
  });
  return taken ? [] : [`notifications that nobody took: ${JSON.stringify(waiting)}`];
}

/** All that a notification could change. */
async function stateOf({ db }: LocalStack, requested: Requested[]): Promise<string> {
  const [refunds, events] = await Promise.all([
    db.refund.findMany({
      where: { id: { in: idsOf(requested) } },
      select: { id: true, status: true, transitionSeq: true },
      orderBy: { id: 'asc' },
    }),
    db.providerEvent.count(),
  ]);
  return JSON.stringify({ refunds, events });
}

/** One transition to paid each, and no event of a provider in two transitions. */
async function appliedTwice({ db }: LocalStack, refundIds: string[]): Promise<string[]> {
  const audited = await db.auditEvent.findMany({
    where: { refundId: { in: refundIds }, type: { in: ['refund.paid', 'payment.sighted'] } },
    select: { refundId: true, type: true, data: true },
  });
  return refundIds.flatMap((id) => {
    const own = audited.filter(({ refundId }) => refundId === id);
    const paid = own.filter(({ type }) => type === 'refund.paid').length;
    const eventIds = own.flatMap(({ data }) => (data as { providerEventId?: string }).providerEventId ?? []);
    return [
      ...(paid === 1 ? [] : [`refund ${id} became paid ${paid} times`]),
      ...(new Set(eventIds).size === eventIds.length ? [] : [`refund ${id}: an event was applied twice`]),
    ];
  });
}

/** What the API has counted as forged, probes included. */
async function refusedCount({ api }: LocalStack, provider: OnlineProvider): Promise<number> {
  const text = await (await fetch(`${api}/metrics`)).text();
  return [...text.matchAll(/^redress_notifications_total\{([^}]*)\} (\d+)$/gm)]
    .filter(([, labels]) => labels?.includes(`provider="${provider}"`) && /outcome="(forged|probe)"/.test(labels))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** Kinds of forgery, as the stand-in makes them, in turn. */
const WECHAT_FORGERIES = [
  'flipped_ciphertext',
  'wrong_tag',
  'wrong_serial',
  'other_key',
  'old_timestamp',
  'future_timestamp',
  'altered_body',
  'signature_probe',
  'no_signature',
] as const;

/** Sends one forgery. @returns what was wrong with the answer to it; null when the provider could expect it */
const FORGE: Record<OnlineProvider, (stack: LocalStack, target: Requested, i: number) => Promise<string | null>> = {
  async stripe(stack, { reference }, i) {
    const attempt = await stack.db.paymentAttempt.findUniqueOrThrow({ where: { reference } });
    const kinds = [
      { alter: true },
      { secret: 'whsec_of_somebody_else' },
      { timestampOffsetSeconds: -600 },
      { timestampOffsetSeconds: 86_400 },
    ];
    const answer = await stack.control('/control/stripe/forged_event', {
      refundId: attempt.providerRefundId,
      ...kinds[i % kinds.length],
    });
    const { receiverStatus } = answer as { receiverStatus: number };
    return receiverStatus === 400 ? null : `answered ${receiverStatus}`;
  },
  async alipay(stack, { reference }, i) {
    const kinds = [
      { alter: true },
      { otherKey: true },
      { timeOffsetSeconds: -27 * 3_600 },
      { timeOffsetSeconds: 3_600 },
    ];
    const answer = await stack.control('/control/alipay/forged_notification', {
      reference,
      ...kinds[i % kinds.length],
    });
    const { receiverStatus, receiverText } = answer as { receiverStatus: number; receiverText: string };
    return receiverStatus === 400 && receiverText === 'fail' ? null : `answered ${receiverStatus} ${receiverText}`;
  },
  async wechat_pay(stack, { reference }, i) {
    const answer = await stack.control('/control/wechat_pay/forged_notification', {
      outRefundNo: reference,
      forgery: WECHAT_FORGERIES[i % WECHAT_FORGERIES.length],
    });
    const { receiverStatus, receiverBody } = answer as { receiverStatus: number; receiverBody: string };
    return receiverStatus === 401 && receiverBody.includes('"FAIL"')
      ? null
      : `answered ${receiverStatus} ${receiverBody}`;
  },
};
