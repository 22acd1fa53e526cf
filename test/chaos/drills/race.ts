import { orderOf, refundOf } from '../local-stack';
import { chanceOf } from '../random';
import { untilQuiet } from '../until-quiet';
import type { Drill } from './drill';

const CLIENTS = 50;
const CAPTURED_MINOR = 1_000_000;
/** Ninety-nine of a hundred answers come sooner. */
const P99_BELOW_MS = 500;
/** On average each client wants a tenth of the payment, so that most must lose. */
const MOST_MINOR = 200_000;

/**
 * `size` payments, for each of which 50 clients race with random partial amounts through the API. What is accepted is
 * never more than was captured, who is refused wanted more than is left, and Postgres sees no deadlock. One race comes before
 * them: it is judged like the others, but the latencies of processes that have just been started are told apart.
 */
export const race: Drill = {
  standsAlone: false,
  fullSize: 10,
  async run({ stack, seed, size, say }) {
    const chance = chanceOf(seed);
    const violations: string[] = [];
    const tookMs: number[] = [];
    const warmUpMs: number[] = [];
    const deadlocksBefore = await deadlocks(stack.db);
    let accepted = 0;
    for (let round = 0; round <= size; round += 1) {
      const roundMs: number[] = [];
      const order = `RACE-${seed}-${round}`;
      const providerPaymentId = await stack.capture('stripe', CAPTURED_MINOR);
      const payment = { provider: 'stripe' as const, providerPaymentId, amountMinor: CAPTURED_MINOR };
      await stack.ask('PUT', `/v1/orders/${order}`, 'integrator', orderOf(`C-${order}`, [payment]));
      const wanted = new Set<number>();
      while (wanted.size < CLIENTS) wanted.add(chance.whole(1, MOST_MINOR));
      const answers = await Promise.all(
        [...wanted].map(async (amountMinor) => {
          const startedAt = performance.now();
          const answer = await stack.ask('POST', '/v1/refunds', 'integrator', refundOf(order, amountMinor));
          roundMs.push(performance.now() - startedAt);
          return { amountMinor, answer };
        }),
      );
      const won = answers.filter(({ answer }) => answer.status === 202);
      const takenMinor = won.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
      accepted += won.length;
      if (takenMinor > CAPTURED_MINOR) violations.push(`${order}: ${takenMinor} accepted of ${CAPTURED_MINOR}`);
      for (const { amountMinor, answer } of answers) {
        if (answer.status === 202) continue;
        const { code } = answer.body as { code?: string };
        if (code !== 'insufficient_refundable')
          violations.push(`${order}: ${amountMinor} was answered ${answer.status} ${code}`);
        else if (amountMinor <= CAPTURED_MINOR - takenMinor)
          violations.push(`${order}: ${amountMinor} was refused though ${CAPTURED_MINOR - takenMinor} is left`);
      }
      (round === 0 ? warmUpMs : tookMs).push(...roundMs);
      say(
        `${round === 0 ? 'warm-up race' : `race ${round} of ${size}`}: ${won.length} of ${CLIENTS} accepted, ` +
          `${takenMinor} of ${CAPTURED_MINOR} taken, p50 ${shareOf(roundMs, 0.5)} ms, p99 ${shareOf(roundMs, 0.99)} ms`,
      );
    }
    const delivered = size >= race.fullSize;
    if (delivered) await untilQuiet(stack);
    const dead = (await deadlocks(stack.db)) - deadlocksBefore;
    if (dead > 0) violations.push(`${dead} deadlocks`);
    // What is promised is promised of the full size, on a machine that does nothing else.
    const p99Ms = shareOf(tookMs, 0.99);
    if (delivered && p99Ms >= P99_BELOW_MS) violations.push(`p99 was ${p99Ms} ms, not below ${P99_BELOW_MS}`);
    return {
      line:
        `${CLIENTS} clients racing for each of ${size + 1} payments: ${accepted} accepted, ${dead} deadlocks, ` +
        `p50 ${shareOf(tookMs, 0.5)} ms, p99 ${p99Ms} ms (wanted: below ${P99_BELOW_MS}); ` +
        `the first race, just after the start: p99 ${shareOf(warmUpMs, 0.99)} ms`,
      violations: [...violations, ...(await stack.violations({ delivered }))],
    };
  },
};

/** The value below which a share of the values lies, in whole milliseconds. */
function shareOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
}

/** How many deadlocks Postgres has had to break in this database. */
async function deadlocks(db: Parameters<Drill['run']>[0]['stack']['db']): Promise<number> {
  const [row] = await db.$queryRaw<{ deadlocks: bigint }[]>`
    SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`;
  return Number(row?.deadlocks ?? 0);
}
