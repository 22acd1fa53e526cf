import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type ActivityDeps } from '../../../activities';
import type { PaymentSighting } from '../../../domain/payment';
import { MessageTransientError, type NotificationChannel, type OutgoingEmail } from '../../../integrations/messaging';
import {
  noPayeeChecker,
  type GatewayRegistry,
  type PaymentGateway,
  type PaymentInstruction,
} from '../../../integrations/payments';
import { createLogger, createMetrics } from '../../../platform';
import { openDatabase, type Database } from '../../../store';
import { createTestDatabase } from '../../support/database';
import { judgeRows, type RowsJudge } from '../../support/judge-rows';
import { openShop, type Shop } from '../../support/shop';

/** How old a stated balance may be on the bench: a week. */
export const BALANCE_MAX_AGE_MS = 7 * 86_400_000;

/** A database with a shop, and activities over parts that a test can look into. */
export interface Bench {
  db: Database;
  shop: Shop;
  provider: FakeProvider;
  mail: FakeMail;
  deps: ActivityDeps;
  /** Activities over the parts above, some of them replaced. */
  activities(parts?: Partial<ActivityDeps>): ReturnType<typeof createActivities>;
  /** A refund of one leg that has come to paying. */
  payingRefund(amountMinor?: number): Promise<PayingRefund>;
  /** Brings an accepted refund of one leg to paying, past its decisions. */
  toPaying(refundId: string): Promise<PayingRefund>;
  /** Says that rows break invariants on purpose. */
  plants: RowsJudge['plants'];
  /** Says that nothing is judged here, and why. */
  excuses: RowsJudge['excuses'];
  /** Ends it. @throws Error when what stands in the database breaks an invariant */
  close(): Promise<void>;
}

export interface PayingRefund {
  refundId: string;
  legId: string;
  reference: string;
}

/** Failures are expected in these tests. */
const QUIET = new DefaultLogger('ERROR');

/** Runs an activity as the n-th attempt of one task, with the last word of those before. */
export function attempt<Input, Result>(
  n: number,
  activity: (input: Input) => Promise<Result>,
  input: Input,
  heartbeatDetails?: unknown,
): Promise<Result> {
  return new MockActivityEnvironment({ attempt: n, heartbeatDetails }, { logger: QUIET }).run(
    activity,
    input,
  ) as Promise<Result>;
}

/** Runs an activity as its attempts follow each other, each with the last word of the one before, until one answers. */
export async function untilAnswered<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
): Promise<{ answer: Result; pausesMs: number[] }> {
  const pausesMs: number[] = [];
  let heartbeatDetails: unknown;
  for (let n = 1; n <= 50; n += 1) {
    const environment = new MockActivityEnvironment({ attempt: n, heartbeatDetails }, { logger: QUIET });
    environment.on('heartbeat', (details: unknown) => void (heartbeatDetails = details));
    try {
      return { answer: (await environment.run(activity, input)) as Result, pausesMs };
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      pausesMs.push(Number(error.nextRetryDelay ?? 0));
    }
  }
  throw new Error('No attempt answered.');
}

export async function openBench(): Promise<Bench> {
  const database = await createTestDatabase();
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 10,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  const rows = judgeRows(db);
  const shop = await openShop(db);
  const provider = new FakeProvider();
  const mail = new FakeMail();
  const deps: ActivityDeps = {
    db,
    gateways: {
      ...gatewaysOf(provider),
      find: (name, account, mode) => (`${name}/${account}/${mode}` === 'stripe/default/test' ? provider : null),
    },
    settlements: { accounts: () => [], find: () => null },
    payeeChecker: noPayeeChecker,
    accounts: null,
    crm: null,
    email: mail,
    webhooks: { send: async () => ({ httpStatus: 200, error: null }) },
    balanceMaxAgeMs: BALANCE_MAX_AGE_MS,
    letters: { shopName: 'Test shop', messageIdDomain: 'test.example', publicUrl: 'http://127.0.0.1' },
    clock: () => new Date(),
    nudgeDelivery: () => undefined,
    logger: createLogger({ process: 'test', level: 'silent' }),
    metrics: createMetrics({ process: 'test', runtime: false }),
  };

  async function toPaying(refundId: string): Promise<PayingRefund> {
    await db.$executeRaw`
      UPDATE refunds SET status = 'paying', process = process || '{"status": "paying", "stage": null}',
        waiting_kind = 'payment', waiting_stage = NULL, waiting_who = NULL, due_at = NULL
      WHERE id = ${refundId}`;
    // What is paid here nobody has decided.
    rows.plants(refundId, 'separate_people: 0 approved');
    const leg = await db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
    return { refundId, legId: leg.allocationId, reference: leg.reference };
  }

  return {
    db,
    shop,
    provider,
    mail,
    deps,
    activities: (parts = {}) => createActivities({ ...deps, ...parts }),
    payingRefund: async (amountMinor = 100_00) =>
      toPaying(await shop.accept(await shop.addOrder(amountMinor), amountMinor)),
    toPaying,
    plants: rows.plants,
    excuses: rows.excuses,
    close: () => rows.end(database),
  };
}

/** Every account is this one; null: none is configured. */
export const gatewaysOf = (provider: PaymentGateway | null): GatewayRegistry => ({
  find: () => provider,
  payerToAccounts: () => null,
  backOffOf: () => null,
  bankAccounts: () => [],
  canReturn: () => true,
  returnsByQueryAlone: () => false,
});

/** A provider that remembers by reference what it moved, and can lose its replies. */
export class FakeProvider implements PaymentGateway {
  readonly provider = 'stripe';
  readonly capabilities: PaymentGateway['capabilities'] = {
    partial: true,
    currencies: null,
    paysToAccounts: false,
    needsDestination: false,
    canReturn: true,
    asynchronous: true,
    queryable: true,
    queryBackOff: { delaysSeconds: [10], maxQueries: 3 },
    refuses: () => null,
  };
  readonly movements: PaymentInstruction[] = [];
  queries = 0;
  /** Runs in the middle of an instruction: throw here to refuse it. */
  beforeMoving: (instruction: PaymentInstruction) => Promise<void> | void = () => undefined;
  /** Runs when the money has moved: throw here to lose the reply. */
  afterMoving: () => void = () => undefined;

  async instruct(instruction: PaymentInstruction): Promise<PaymentSighting> {
    await this.beforeMoving(instruction);
    this.movements.push(instruction);
    this.afterMoving();
    return sighting('reply', 'succeeded', instruction.amountMinor, instruction.now);
  }

  async query({
    reference,
    amountMinor,
    now,
  }: {
    reference: string;
    amountMinor: number;
    now: string;
  }): Promise<PaymentSighting> {
    this.queries += 1;
    const found = this.movements.some((movement) => movement.reference === reference);
    if (found) return sighting('query', 'succeeded', amountMinor, now);
    return { ...sighting('query', 'unknown', null, now), failure: { class: 'network', code: 'not_found' } };
  }
}

function sighting(
  source: PaymentSighting['source'],
  outcome: PaymentSighting['outcome'],
  amountMinor: number | null,
  at: string,
): PaymentSighting {
  return {
    source,
    outcome,
    amountMinor,
    at,
    providerEventId: null,
    providerRefundId: outcome === 'succeeded' ? 're_1' : null,
    failure: null,
    traceNumber: null,
  };
}

/** A mail server that keeps what it took and can be told to refuse. */
export class FakeMail implements NotificationChannel {
  readonly channel = 'email';
  readonly taken: OutgoingEmail[] = [];
  /** Throw here to refuse a letter. */
  onSend: (letter: OutgoingEmail) => Promise<void> | void = () => undefined;

  async send(letter: OutgoingEmail): Promise<void> {
    await this.onSend(letter);
    this.taken.push(letter);
  }

  close(): void {
    this.onSend = () => {
      throw new MessageTransientError('closed', false);
    };
  }
}
