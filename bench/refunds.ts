import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Pool } from 'pg';
import { refundWorkflowId } from '../contract';
import { call } from '../devstack/http-client';
import type { StackFile } from '../devstack/home';
import { closedLoop, openLoop, timed, type Measured } from './measure';

/** Amounts in minor units of CNY: below 200.00 one person decides, above 5,000.00 three. */
export const AMOUNTS = { one: 19_900, three: 519_900 } as const;
export type Stages = keyof typeof AMOUNTS;

/** Who decides each stage; each person once. */
const DECIDERS = [
  ['first_review', 'reviewer'],
  ['second_review', 'reviewer2'],
  ['final_approval', 'approver2'],
] as const;

export interface RefundRun extends Measured {
  acceptMs: number[];
  decideMs: number[];
  refundIds: string[];
}

/** Whole refunds through the product's own doors: accepted and decided by API, paid by the sandbox. */
export class RefundLoad {
  readonly #pool: Pool;
  readonly #waiting = new Map<string, () => void>();
  readonly #poller: NodeJS.Timeout;

  constructor(private readonly stack: StackFile) {
    this.#pool = new Pool({ connectionString: stack.database, max: 1 });
    this.#poller = setInterval(() => void this.#poll(), 50);
  }

  async close(): Promise<void> {
    clearInterval(this.#poller);
    await this.#pool.end();
  }

  /** Orders with captured payments, made before the clock runs. */
  async orders(count: number, stages: Stages): Promise<string[]> {
    const ids: string[] = [];
    await closedLoop(count, 4, async () => void ids.push(await this.#order(AMOUNTS[stages])));
    return ids;
  }

  async run(stages: Stages, orders: string[], concurrency: number): Promise<RefundRun> {
    const samples = { acceptMs: [] as number[], decideMs: [] as number[], refundIds: [] as string[] };
    const measured = await closedLoop(orders.length, concurrency, (i) =>
      this.#refund(stages, orders[i] ?? '', samples),
    );
    return { ...measured, ...samples };
  }

  async runOpen(stages: Stages, orders: string[], perSecond: number): Promise<RefundRun> {
    const samples = { acceptMs: [] as number[], decideMs: [] as number[], refundIds: [] as string[] };
    const measured = await openLoop(orders.length, perSecond, (i) => this.#refund(stages, orders[i] ?? '', samples));
    return { ...measured, ...samples };
  }

  /** Acceptance alone, at a fixed rate; what is accepted is left to the workers. */
  async acceptOpen(orders: string[], perSecond: number): Promise<number[]> {
    const acceptMs: number[] = [];
    await openLoop(orders.length, perSecond, async (i) => {
      acceptMs.push((await timed(() => this.#accept('one', orders[i] ?? ''))).ms);
    });
    return acceptMs;
  }

  async #refund(
    stages: Stages,
    order: string,
    samples: Pick<RefundRun, 'acceptMs' | 'decideMs' | 'refundIds'>,
  ): Promise<void> {
    const accepted = await timed(() => this.#accept(stages, order));
    samples.acceptMs.push(accepted.ms);
    samples.refundIds.push(accepted.value);
    for (const [stage, key] of DECIDERS.slice(0, stages === 'one' ? 1 : 3)) {
      const decided = await timed(() =>
        call('POST', `${this.stack.api}/v1/refunds/${accepted.value}/decisions`, {
          key: this.stack.keys[key],
          body: { stage, decision: 'approve', snapshotVersion: 1 },
        }),
      );
      samples.decideMs.push(decided.ms);
    }
    await new Promise<void>((resolve) => this.#waiting.set(accepted.value, resolve));
  }

  async #accept(stages: Stages, order: string): Promise<string> {
    const refund = await call<{ id: string }>('POST', `${this.stack.api}/v1/refunds`, {
      key: this.stack.keys.integrator,
      body: {
        orderExternalId: order,
        amountMinor: AMOUNTS[stages],
        currency: 'CNY',
        reasonCode: 'quality',
        description: 'armrest broken',
      },
    });
    return refund.id;
  }

  async #order(amountMinor: number): Promise<string> {
    const id = `B-${randomUUID()}`;
    const providerPaymentId = `pi_${randomUUID().replaceAll('-', '')}`;
    const made = await fetch(`${this.stack.sandbox}/control/stripe/payment_intents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: providerPaymentId, amountMinor, currency: 'CNY' }),
    });
    if (!made.ok) throw new Error(`The sandbox took no payment: ${await made.text()}`);
    const at = new Date().toISOString();
    await call('PUT', `${this.stack.api}/v1/orders/${id}`, {
      key: this.stack.keys.integrator,
      body: {
        // Nobody has hundreds of refunds: every order is another customer's.
        customer: { externalId: `C-${id}`, name: 'Bench', email: 'bench@example.com', locale: 'en' },
        currency: 'CNY',
        placedAt: at,
        lines: [
          {
            externalId: 'L1',
            sku: 'SOFA-2',
            name: 'Sofa',
            category: 'furniture',
            quantity: 1,
            unitPriceMinor: amountMinor,
          },
        ],
        payments: [
          {
            externalId: 'P-1',
            provider: 'stripe',
            providerPaymentId,
            method: 'bank_card',
            amountMinor,
            currency: 'CNY',
            capturedAt: at,
          },
        ],
      },
    });
    return id;
  }

  /** One cheap query for everybody who waits, so that watching costs next to nothing. */
  async #poll(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { rows } = await this.#pool.query<{ id: string }>({
      name: 'poll',
      text: `SELECT id FROM refunds WHERE id = ANY($1) AND status IN ('paid', 'arrived')`,
      values: [[...this.#waiting.keys()]],
    });
    for (const { id } of rows) {
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    }
  }
}

/** What refunds cost in history, by Temporal's own account. */
export async function historyOf(client: Client, refundIds: string[]): Promise<{ events: number[]; bytes: number[] }> {
  const events: number[] = [];
  const bytes: number[] = [];
  for (const id of refundIds) {
    const description = await client.workflow.getHandle(refundWorkflowId(id)).describe();
    events.push(Number(description.historyLength));
    bytes.push(Number(description.raw.workflowExecutionInfo?.historySizeBytes ?? 0));
  }
  return { events, bytes };
}
