import { orderOf, refundOf, type LocalStack } from '../local-stack';
import type { OnlineProvider } from '../plan';
import { whileLess } from '../until-quiet';

export interface DrillOptions {
  stack: LocalStack;
  seed: number;
  /** What is counted differs by drill; see each one. */
  size: number;
  /** Gateways that take part; default all with notifications. */
  providers?: readonly OnlineProvider[];
  say: (line: string) => void;
}

export interface DrillReport {
  /** The figures, in one line for a person. */
  line: string;
  violations: string[];
}

export interface Drill {
  standsAlone: false;
  /** The size that the product promises to stand; `npm test` runs a tenth of it. */
  fullSize: number;
  run(options: DrillOptions): Promise<DrillReport>;
}

/** A drill that needs no running stack. */
export interface StandaloneDrill {
  fullSize: number;
  standsAlone: true;
  run(options: Pick<DrillOptions, 'size' | 'say'>): Promise<DrillReport>;
}

/** The name of the instruction, as each stand-in calls it. */
export const INSTRUCTION: Record<OnlineProvider, string> = {
  stripe: 'refund.create',
  alipay: 'trade.refund',
  wechat_pay: 'refund.create',
};

export interface Requested {
  refundId: string;
  provider: OnlineProvider;
  reference: string;
}

/** An order with one payment, and a refund of all of it that waits for its first review. */
export async function request(
  stack: LocalStack,
  externalId: string,
  provider: OnlineProvider,
  amountMinor: number,
): Promise<Requested> {
  const providerPaymentId = await stack.capture(provider, amountMinor);
  const put = await stack.ask(
    'PUT',
    `/v1/orders/${externalId}`,
    'integrator',
    orderOf(`C-${externalId}`, [{ provider, providerPaymentId, amountMinor }]),
  );
  if (put.status !== 201) throw new Error(`no order: ${JSON.stringify(put.body)}`);
  const accepted = await stack.ask('POST', '/v1/refunds', 'integrator', refundOf(externalId, amountMinor));
  if (accepted.status !== 202) throw new Error(`no refund: ${JSON.stringify(accepted.body)}`);
  const { id, payments } = accepted.body as { id: string; payments: { reference: string }[] };
  return { refundId: id, provider, reference: payments[0]?.reference ?? '' };
}

/** The one approval that small refunds need. */
export async function approveSmall(stack: LocalStack, { refundId }: Requested): Promise<void> {
  const decided = await stack.ask('POST', `/v1/refunds/${refundId}/decisions`, 'reviewer', {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 1,
  });
  if (decided.status !== 200) throw new Error(`not approved: ${JSON.stringify(decided.body)}`);
}

/** Works through items, so many at a time. */
export async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, i: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  const one = async (): Promise<void> => {
    for (const [i, item] of left) await work(item, i);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Waits until these refunds are paid, as long as more of them become so; answers those that are not. */
export async function untilPaid({ db }: LocalStack, refundIds: string[]): Promise<string[]> {
  const unpaid = { id: { in: refundIds }, status: { not: 'paid' } };
  if (await whileLess(() => db.refund.count({ where: unpaid }))) return [];
  const open = await db.refund.findMany({ where: unpaid, select: { id: true, status: true } });
  return open.map(({ id, status }) => `refund ${id} is ${status}, not paid`);
}
