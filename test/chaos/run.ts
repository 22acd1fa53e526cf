import { pause, waitFor } from '../../devstack/wait';
import type { ProcessState } from '../../domain/refund';
import type { DemoKeyName } from '../../prisma/seed';
import { enterAccount, openCashDesk, type CashDesk } from './bank';
import { orderOf, refundOf, type Answer, type LocalStack } from './local-stack';
import { planChaos, type ChaosPlan, type ChaosSize, type Part, type PlannedOrder } from './plan';
import { untilQuiet } from './until-quiet';

export interface ChaosOptions extends ChaosSize {
  stack: LocalStack;
  seed: number;
  say: (line: string) => void;
}

export interface ChaosReport {
  seed: number;
  /** Kills by part, of those that struck while refunds were under way. */
  kills: Partial<Record<Part, number>>;
  legs: Record<string, number>;
  refunds: number;
  paid: number;
  declined: number;
  withdrawn: number;
  seconds: number;
  violations: string[];
}

/** Different persons, whatever the number of stages. */
const DECIDERS: Record<string, DemoKeyName> = {
  first_review: 'reviewer',
  second_review: 'reviewer2',
  final_approval: 'approver2',
};

/** Where a refund of this suite comes to rest. */
const ENDS: readonly string[] = ['paid', 'declined', 'withdrawn'];

/** People who work at once; each takes the next order when theirs are at their end. */
const AT_ONCE: Record<ChaosSize['pace'], number> = { quick: 16, full: 12 };
/** How long the last refunds may take once everything runs again: the providers' back-offs, and a machine that is busy. */
const SETTLE_MS: Record<ChaosSize['pace'], number> = { quick: 180_000, full: 900_000 };
const LOOK_EVERY_MS = 250;

type Decision = PlannedOrder['refunds'][number];

/** What a refund looks like to those who wait for it. */
interface Seen {
  status: string;
  stage: string | null;
  seq: number;
}

/**
 * Refunds over all gateways are requested, decided, taken back and paid over HTTP while faults strike at the providers and
 * SIGKILL strikes the worker, the API, Temporal and Postgres. In the end every refund has come to its end and the seven
 * invariants hold. The oracle is the judge: this only makes trouble.
 */
export async function runChaos({ stack, seed, say, ...size }: ChaosOptions): Promise<ChaosReport> {
  const startedAt = Date.now();
  const plan = planChaos(seed, size);
  const view = watch(stack);
  const cashDesk = openCashDesk(stack);
  const stuck: string[] = [];
  let killing = true;
  try {
    const refundIds: string[] = [];
    const work = everyone({ stack, view, cashDesk, refundIds, stuck }, plan, size);
    const kills = killParts(stack, view, plan, say).finally(() => (killing = false));
    // Whichever fails first ends the run; the other one must not fail unheard.
    const [, struck] = await Promise.all([work, kills]);
    const since = (): string => `${Math.round((Date.now() - startedAt) / 1_000)} s`;
    say(`people are done after ${since()}`);
    const lost = await settle(stack, view, refundIds, SETTLE_MS[size.pace], say);
    say(`refunds are at their end after ${since()}`);
    // A letter that a killed worker had in hand is free again after two and a half minutes: too long for a short run.
    const delivered = size.pace === 'full';
    if (delivered) await untilQuiet(stack);
    const count = (status: string): number => refundIds.filter((id) => view.get(id)?.status === status).length;
    return {
      seed,
      kills: tally(struck),
      legs: tally(plan.orders.flatMap(({ payments }) => payments.map(({ provider }) => provider))),
      refunds: refundIds.length,
      paid: count('paid'),
      declined: count('declined'),
      withdrawn: count('withdrawn'),
      seconds: Math.round((Date.now() - startedAt) / 1_000),
      violations: [
        ...stuck,
        ...lost,
        ...stack.strange,
        ...cashDesk.strange,
        ...(await stack.violations({ delivered })),
      ],
    };
  } catch (error) {
    throw new Error(`seed ${seed}${killing ? ', during the kills' : ''}: ${String(error)}`, { cause: error });
  } finally {
    view.close();
    await cashDesk.close();
  }
}

/** Those who work in a run, and what they leave behind. */
interface Run {
  stack: LocalStack;
  view: View;
  cashDesk: CashDesk;
  refundIds: string[];
  stuck: string[];
}

/** The view of all refunds, refreshed by one statement, so that waiting costs the product nothing. */
interface View {
  get(refundId: string): Seen | undefined;
  /** How many refunds have not come to their end. */
  underWay(): number;
  /** Looks until the check holds. @returns false when it has not held in time */
  until(refundId: string, check: (seen: Seen) => boolean, timeoutMs: number): Promise<boolean>;
  close(): void;
}

function watch({ db }: LocalStack): View {
  let seen = new Map<string, Seen>();
  let open = true;
  const look = async (): Promise<void> => {
    while (open) {
      const rows = await db.refund
        .findMany({ select: { id: true, status: true, waitingStage: true, transitionSeq: true } })
        // Postgres is among what is killed.
        .catch(() => null);
      if (rows)
        seen = new Map(
          rows.map((row) => [row.id, { status: row.status, stage: row.waitingStage, seq: row.transitionSeq }]),
        );
      await pause(LOOK_EVERY_MS);
    }
  };
  void look();
  return {
    get: (refundId) => seen.get(refundId),
    underWay: () => [...seen.values()].filter(({ status }) => !ENDS.includes(status)).length,
    async until(refundId, check, timeoutMs) {
      const endsAt = Date.now() + timeoutMs;
      for (;;) {
        const now = seen.get(refundId);
        if (now && check(now)) return true;
        if (Date.now() > endsAt) return false;
        await pause(LOOK_EVERY_MS / 2);
      }
    },
    close: () => void (open = false),
  };
}

/** How long the first kill waits for a refund that it can strike. */
const FIRST_REFUND_MS = 60_000;

/** Answers which parts were killed while refunds were under way. */
async function killParts(
  stack: LocalStack,
  view: View,
  { kills }: ChaosPlan,
  say: (line: string) => void,
): Promise<Part[]> {
  const recovering = new Map<Part, Promise<void>>();
  const struck: Part[] = [];
  await waitFor('a refund is under way', () => view.underWay() > 0, { timeoutMs: FIRST_REFUND_MS });
  const startedAt = Date.now();
  for (const [i, { part, afterMs }] of kills.entries()) {
    await pause(afterMs);
    // A part that is still coming back cannot be killed again; the others need not wait for it.
    await recovering.get(part);
    const underWay = view.underWay();
    const since = Math.round((Date.now() - startedAt) / 1_000);
    say(`kill ${i + 1} of ${kills.length}: ${part}, after ${since} s, ${underWay} refunds under way`);
    if (underWay > 0) struck.push(part);
    const back = stack.kill(part);
    back.catch(() => undefined);
    recovering.set(part, back);
  }
  await Promise.all(recovering.values());
  say(`everything runs again after ${Math.round((Date.now() - startedAt) / 1_000)} s`);
  return struck;
}

async function everyone(run: Run, plan: ChaosPlan, { pace }: ChaosSize): Promise<void> {
  const { stack, refundIds, stuck } = run;
  const left = plan.orders.entries();
  const one = async (): Promise<void> => {
    for (const [number, order] of left) {
      const externalId = `CHAOS-${plan.seed}-${number + 1}`;
      await place(stack, externalId, order);
      await Promise.all(
        order.refunds.map(async (refund) => {
          const accepted = await askForRefund(stack, externalId, refund.amountMinor);
          if (accepted.status !== 202) {
            stuck.push(`a refund of ${externalId} was answered ${accepted.status}: ${JSON.stringify(accepted.body)}`);
            return;
          }
          refundIds.push(accepted.body.id);
          await plantFaults(run, accepted.body.payments, order);
          const why = await live(run, accepted.body.id, refund);
          if (why !== null) stuck.push(`refund ${accepted.body.id}: ${why}`);
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE[pace] }, one));
}

/**
 * Asks as a shop does that does not know yet how the total is spread: an account is entered when one is asked for. Another
 * refund of the order may change the spread meanwhile, so it may be asked for, or not be wanted any more, more than once.
 */
async function askForRefund(stack: LocalStack, externalId: string, amountMinor: number): Promise<Answer> {
  let destinationId: string | undefined;
  let known: string | undefined;
  for (let rounds = 0; ; rounds += 1) {
    const answer = await stack.ask(
      'POST',
      '/v1/refunds',
      'integrator',
      refundOf(externalId, amountMinor, destinationId),
    );
    const code = answer.body?.code as string | undefined;
    if (rounds >= 4 || (code !== 'destination_required' && code !== 'destination_not_needed')) return answer;
    known ??= await enterAccount(stack, { customerExternalId: `C-${externalId}` }, false);
    destinationId = code === 'destination_required' ? known : undefined;
  }
}

async function place(stack: LocalStack, externalId: string, { payments }: PlannedOrder): Promise<void> {
  const captured = await Promise.all(
    payments.map(async ({ provider, capturedMinor }) => ({
      provider,
      amountMinor: capturedMinor,
      providerPaymentId: await stack.capture(provider, capturedMinor),
    })),
  );
  const put = await stack.ask('PUT', `/v1/orders/${externalId}`, 'integrator', orderOf(`C-${externalId}`, captured));
  if (put.status !== 201 && put.status !== 200) throw new Error(`no order: ${JSON.stringify(put.body)}`);
}

/** Of the bank's word about what it booked: it never comes, or as a file that nobody can read. */
const LOSES_STATEMENT = ['no-webhook', 'bad-signature'];

/** Faults strike the first attempt of a leg, by its reference; a later attempt has another one. */
async function plantFaults(
  { stack, cashDesk }: Run,
  legs: { paymentExternalId: string; reference: string }[],
  { payments }: PlannedOrder,
): Promise<void> {
  for (const { paymentExternalId, reference } of legs) {
    const payment = payments[Number(paymentExternalId.slice(2)) - 1];
    for (const fault of payment?.faults ?? []) {
      await stack.control('/control/faults', { provider: payment?.provider, reference, ...fault });
      if (payment?.provider === 'bank_transfer' && LOSES_STATEMENT.includes(fault.behaviour))
        cashDesk.expectLostStatement(reference);
    }
  }
}

/**
 * People act on what they see, stage after stage, until nothing is to be decided; the desk pays again what is proven to
 * have failed. @returns why they gave up; null when they need not
 */
async function live({ stack, view }: Run, refundId: string, refund: Decision): Promise<string | null> {
  // Longer than a lost workflow task and a caller's patience together.
  const stepMs = 180_000;
  for (;;) {
    await pause(refund.pauseMs);
    const came = await view.until(refundId, ({ status, stage }) => status !== 'in_review' || stage !== null, stepMs);
    const seen = view.get(refundId);
    if (!came || !seen) return `stands at ${JSON.stringify(seen)} and nobody can act`;
    if (seen.status !== 'in_review') break;
    const answer = await act(stack, refundId, seen.stage ?? '', refund);
    // A refusal is no end: who was refused looks again, and the oracle judges what came of it.
    const moved = await view.until(refundId, ({ seq }) => seq > seen.seq, answer.status === 200 ? stepMs : 2_000);
    if (!moved && answer.status === 200) return `${refund.ends} was answered 200 and did not count`;
    if (answer.status !== 200 && answer.status !== 409)
      return `${refund.ends} was answered ${answer.status}: ${JSON.stringify(answer.body)}`;
  }
  // What is not at its end by then is waited for by `settle`.
  const endsAt = Date.now() + stepMs;
  while (Date.now() < endsAt) {
    await view.until(refundId, ({ status }) => ENDS.includes(status) || status === 'payment_failed', stepMs);
    if (view.get(refundId)?.status !== 'payment_failed') return null;
    await cure(stack, refundId, refund);
    await pause(1_000);
  }
  return null;
}

function act(stack: LocalStack, refundId: string, stage: string, { ends }: Decision): ReturnType<LocalStack['ask']> {
  if (ends === 'withdraw')
    return stack.ask('POST', `/v1/refunds/${refundId}/withdrawal`, 'integrator', { reason: 'kept it' });
  return stack.ask('POST', `/v1/refunds/${refundId}/decisions`, DECIDERS[stage] ?? 'approver2', {
    stage,
    decision: ends,
    snapshotVersion: 1,
    ...(ends === 'decline' ? { reason: 'looks worn', messageToCustomer: '该商品有使用痕迹' } : {}),
  });
}

/** What the desk sees of a payment that failed. */
interface FailedItem {
  id: string;
  data: { legId: string };
  actions: string[];
}

/** The desk's answer to what failed: another attempt, under another reference, as it came or to the customer's account. */
async function cure(stack: LocalStack, refundId: string, refund: Decision): Promise<void> {
  const desk = await stack.ask('GET', `/v1/desk?refundId=${refundId}&kind=payment_failed`, 'finance');
  for (const item of desk.body.data as FailedItem[]) {
    if (!item.actions.includes(refund.cure)) continue;
    const { legId } = item.data;
    if (refund.cure === 'alternative_route') await payElsewhere(stack, refundId, item);
    else await stack.ask('POST', `/v1/desk/${item.id}/actions`, 'finance', { action: 'new_attempt', legId });
  }
}

/** One person proposes the customer's account, another one confirms it. What is refused is tried again at the next look. */
async function payElsewhere(stack: LocalStack, refundId: string, { id, data: { legId } }: FailedItem): Promise<void> {
  const destinationId = await enterAccount(stack, { refundId }, true);
  const proposal = { action: 'alternative_route', legId, destinationId };
  const proposed = await stack.ask('POST', `/v1/desk/${id}/actions`, 'finance', proposal);
  const mine = ((proposed.body?.proposals ?? []) as { id: string; legId: string }[]).find((one) => one.legId === legId);
  if (!mine) return;
  await stack.ask('POST', `/v1/desk/${id}/actions`, 'finance2', { action: 'confirm', proposalId: mine.id });
}

/** Waits until every refund is at its end; answers those that are not in time. */
async function settle(
  { db }: LocalStack,
  view: View,
  refundIds: string[],
  withinMs: number,
  say: (line: string) => void,
): Promise<string[]> {
  const endsAt = Date.now() + withinMs;
  let sayAt = Date.now() + 15_000;
  for (;;) {
    const open = refundIds.filter((id) => !ENDS.includes(view.get(id)?.status ?? ''));
    if (open.length === 0) return [];
    const isOver = Date.now() > endsAt;
    if (isOver || Date.now() > sayAt) {
      const rows = await db.refund.findMany({ where: { id: { in: open } }, select: { id: true, process: true } });
      const lines = rows.map(({ id, process }) => `refund ${id} ${whereItStands(process as unknown as ProcessState)}`);
      if (isOver) return lines.map((line) => `did not come to its end: ${line}`);
      say(`still open: ${lines.join('; ')}`);
      sayAt = Date.now() + 30_000;
    }
    await pause(LOOK_EVERY_MS);
  }
}

function whereItStands({ status, stage, legs }: ProcessState): string {
  const ofLegs = legs.map(
    (leg) =>
      `${leg.provider} ${leg.reference} ${leg.status} (${leg.failure?.code ?? 'no failure'}, ${leg.queries} queries, next ${leg.nextQueryAt})`,
  );
  return `is ${status}${stage ? ` at ${stage.id}` : ''}: ${ofLegs.join(', ')}`;
}

function tally<T extends string>(items: readonly T[]): Record<T, number> {
  const counts = {} as Record<T, number>;
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}
