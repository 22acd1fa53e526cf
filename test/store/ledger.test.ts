import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { Client } from 'pg';
import { putOrder, type Database, type OrderInput } from '../../store';
import { changeLegs, openAttempt, releaseReservations, settleLeg, shrinkReservations } from '../../store/reservations';
import type { Shop } from '../support/shop';
import { ledgerViolations } from '../support/oracle/ledger-books';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let sql: Client;
let shop: Shop;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop, sql } = store);
});
afterAll(() => store.close());

interface Leg {
  refundId: string;
  paymentId: string;
  legId: string;
  amountMinor: number;
}

/** A refund of one payment, accepted: its money is reserved and its first attempt written. */
async function accepted(capturedMinor = 100_000, amountMinor = 30_000): Promise<Leg> {
  return legOf(await shop.accept(await shop.addOrder(capturedMinor), amountMinor));
}

async function legOf(refundId: string): Promise<Leg> {
  const { id, paymentId, amountMinor } = await db.allocation.findFirstOrThrow({ where: { refundId } });
  return { refundId, paymentId, legId: id, amountMinor: Number(amountMinor) };
}

const now = (): Date => new Date();
const instruct = ({ legId }: Leg): Promise<unknown> =>
  sql.query(
    `UPDATE payment_attempts SET status = 'instructed', instructed_at = now() WHERE allocation_id = $1 AND status = 'reserved'`,
    [legId],
  );
const see = ({ legId }: Leg, status: 'pending' | 'unknown' | 'succeeded' | 'failed', attempt = 1): Promise<void> =>
  db.$transaction((tx) =>
    settleLeg(
      tx,
      {
        legId,
        attempt,
        status,
        providerRefundId: null,
        failure: null,
        traceNumber: null,
        returned: false,
        settled: status === 'succeeded',
      },
      now(),
    ),
  );
async function inTransaction(...statements: string[]): Promise<void> {
  try {
    await sql.query('BEGIN');
    for (const statement of statements) await sql.query(statement);
    await sql.query('COMMIT');
  } catch (error) {
    await sql.query('ROLLBACK');
    throw error;
  }
}
const release = ({ refundId }: Leg): Promise<void> => db.$transaction((tx) => releaseReservations(tx, refundId, now()));

/** What was booked on a payment after the capture, in short: kind, debit <- credit, amount, attempt. */
async function booked({ paymentId }: Pick<Leg, 'paymentId'>): Promise<string[]> {
  const rows = await db.ledgerTransfer.findMany({ where: { paymentId }, orderBy: { id: 'asc' } });
  return rows
    .slice(1)
    .map(
      (row) =>
        `${row.kind} ${row.debitAccount}<-${row.creditAccount} ${row.amountMinor}${row.attempt === null ? '' : ` #${row.attempt}`}`,
    );
}

afterEach(async () => {
  const violations = await ledgerViolations(db);
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

describe('what happens to money is a transfer', () => {
  test('a capture is the first one, with the payment alone', async () => {
    const leg = await accepted();
    const [first] = await db.ledgerTransfer.findMany({ where: { paymentId: leg.paymentId }, orderBy: { id: 'asc' } });
    expect(first).toMatchObject({
      kind: 'capture',
      debitAccount: 'available',
      creditAccount: 'captured',
      amountMinor: 100_000n,
      currency: 'CNY',
      mode: 'test',
      refundId: null,
      legId: null,
      attempt: null,
    });
  });

  test('a refund that is accepted, instructed, pending and paid: reserved, in flight, refunded', async () => {
    const leg = await accepted();
    await instruct(leg);
    await see(leg, 'pending');
    await see(leg, 'unknown');
    await see(leg, 'succeeded');
    await release(leg);
    expect(await booked(leg)).toEqual([
      'reserve reserved<-available 30000',
      'instruct in_flight<-reserved 30000 #1',
      'settle refunded<-in_flight 30000 #1',
    ]);
    const rows = await db.ledgerTransfer.findMany({ where: { refundId: leg.refundId } });
    expect(rows.map(({ legId }) => legId)).toEqual([leg.legId, leg.legId, leg.legId]);
  });

  test('an attempt that failed is reserved again, and the next one goes out under its own number', async () => {
    const leg = await accepted();
    await instruct(leg);
    await see(leg, 'failed');
    await db.$transaction((tx) =>
      openAttempt(tx, 'test', { ...leg, number: 2, reference: `R2${leg.legId.slice(-8).toUpperCase()}` }, now()),
    );
    await instruct(leg);
    await see(leg, 'succeeded', 2);
    expect(await booked(leg)).toEqual([
      'reserve reserved<-available 30000',
      'instruct in_flight<-reserved 30000 #1',
      'revert reserved<-in_flight 30000 #1',
      'instruct in_flight<-reserved 30000 #2',
      'settle refunded<-in_flight 30000 #2',
    ]);
  });

  test('a provider that tells of success before our own instruction is noted: both are booked', async () => {
    const leg = await accepted();
    await see(leg, 'succeeded');
    expect((await booked(leg)).toSorted()).toEqual([
      'instruct in_flight<-reserved 30000 #1',
      'reserve reserved<-available 30000',
      'settle refunded<-in_flight 30000 #1',
    ]);
  });

  test('what is approved below the reservation is released when the rest is paid', async () => {
    const leg = await accepted();
    await db.$transaction((tx) => changeLegs(tx, leg.refundId, { [leg.legId]: 20_000 }, {}, now()));
    await instruct(leg);
    await see(leg, 'succeeded');
    await release(leg);
    expect((await booked(leg)).slice(1)).toEqual([
      'instruct in_flight<-reserved 20000 #1',
      'settle refunded<-in_flight 20000 #1',
      'release available<-reserved 10000',
    ]);
  });

  test('a request that became smaller gives back at once; a withdrawal gives back the rest', async () => {
    const leg = await accepted();
    await db.$transaction(async (tx) => {
      await changeLegs(tx, leg.refundId, { [leg.legId]: 25_000 }, {}, now());
      await shrinkReservations(tx, leg.refundId, now());
    });
    await release(leg);
    await release(leg);
    expect((await booked(leg)).slice(1)).toEqual([
      'release available<-reserved 5000',
      'release available<-reserved 25000',
    ]);
  });

  test.each([
    ['and is held for another route', `state = 'held', ended_at = NULL`, 30_000, []],
    ['and is free again', `state = 'released'`, 0, ['release available<-reserved 30000']],
  ])('money that comes back after success is a return, %s', async (_title, change, heldMinor, further) => {
    const leg = await accepted();
    await instruct(leg);
    await see(leg, 'succeeded');
    await release(leg);
    await inTransaction(
      `UPDATE payment_attempts SET status = 'returned' WHERE allocation_id = '${leg.legId}'`,
      `UPDATE reservations SET settled_minor = 0, ${change} WHERE refund_id = '${leg.refundId}'`,
      `UPDATE payments SET refunded_minor = 0, reserved_minor = ${heldMinor} WHERE id = '${leg.paymentId}'`,
    );
    expect((await booked(leg)).slice(3)).toEqual(['return reserved<-refunded 30000 #1', ...further]);
  });

  test('disputes take what is available, and give it back when they are won', async () => {
    const leg = await accepted();
    await sql.query(`UPDATE payments SET disputed_minor = 70000 WHERE id = '${leg.paymentId}'`);
    await sql.query(`UPDATE payments SET disputed_minor = 20000 WHERE id = '${leg.paymentId}'`);
    expect((await booked(leg)).slice(1)).toEqual([
      'dispute disputed<-available 70000',
      'dispute_won available<-disputed 50000',
    ]);
  });
});

describe('an order that its shop states anew', () => {
  const order = (payment: Partial<OrderInput['payments'][number]> | null): OrderInput => ({
    customer: { externalId: 'C-1', name: '测试顾客', locale: 'zh-CN' },
    currency: 'CNY',
    shippingMinor: 0,
    placedAt: '2026-03-01T00:00:00Z',
    lines: [],
    payments: payment
      ? [
          {
            externalId: 'P-1',
            provider: 'stripe',
            providerPaymentId: 'pi_stated',
            merchantAccount: 'default',
            method: 'bank_card',
            amountMinor: 1_000,
            currency: 'CNY',
            capturedAt: '2026-03-01T00:00:00Z',
            ...payment,
          },
        ]
      : [],
  });
  const put = async (payment: Parameters<typeof order>[0]): Promise<void> => {
    await putOrder(db, 'test', 'O-STATED', order(payment), now());
  };

  test('books what was captured more or less, refunded elsewhere, in another currency, and not at all', async () => {
    await put({});
    const { id: paymentId } = await db.payment.findFirstOrThrow({ where: { providerPaymentId: 'pi_stated' } });
    const steps: [Parameters<typeof order>[0], string[]][] = [
      [{ externalId: 'P-1', capturedAt: '2026-03-01T00:00:01Z' }, []],
      [{ amountMinor: 1_500 }, ['capture available<-captured 500']],
      [
        { amountMinor: 1_200, refundedElsewhereMinor: 300 },
        ['elsewhere elsewhere<-available 300', 'capture captured<-available 300'],
      ],
      [{ amountMinor: 1_200, refundedElsewhereMinor: 100 }, ['elsewhere available<-elsewhere 200']],
      [
        { amountMinor: 1_200, refundedElsewhereMinor: 100, currency: 'EUR' },
        [
          'elsewhere available<-elsewhere 100',
          'capture captured<-available 1200',
          'capture available<-captured 1200',
          'elsewhere elsewhere<-available 100',
        ],
      ],
      [null, ['elsewhere available<-elsewhere 100', 'capture captured<-available 1200']],
    ];
    let before = await booked({ paymentId });
    for (const [payment, expected] of steps) {
      await put(payment);
      const after = await booked({ paymentId });
      expect(after.slice(before.length)).toEqual(expected);
      before = after;
    }
    const sums = await db.ledgerTransfer.groupBy({ by: ['currency'], where: { paymentId }, _count: true });
    expect(sums.map(({ currency }) => currency).toSorted()).toEqual(['CNY', 'EUR']);
  });
});

describe('in any order', () => {
  /** Some steps more often, so that what rests on them is reached. */
  const STEPS = [
    'change',
    'shrink',
    'instruct',
    'instruct',
    'pending',
    'fail',
    'fail',
    'again',
    'again',
    'settle',
    'release',
    'return',
    'end',
  ] as const;

  let references = 0;
  /** Does a step where the leg's rows allow it, as the product would; else nothing. */
  async function take(leg: Leg, step: (typeof STEPS)[number], minor: number): Promise<void> {
    const attempt = await db.paymentAttempt.findFirstOrThrow({
      where: { allocationId: leg.legId },
      orderBy: { number: 'desc' },
    });
    const held = await db.reservation.findFirstOrThrow({ where: { refundId: leg.refundId } });
    const { status, number } = attempt;
    const isHeld = held.state === 'held';
    const isOut = status === 'instructed' || status === 'pending';
    const amountMinor = Math.max(1, Math.min(minor, Number(held.amountMinor)));
    const room = isHeld && held.settledMinor === 0n;
    switch (step) {
      case 'change':
        if (room && status === 'reserved')
          await db.$transaction((tx) => changeLegs(tx, leg.refundId, { [leg.legId]: amountMinor }, {}, now()));
        return;
      case 'shrink':
        if (room && status === 'reserved') await db.$transaction((tx) => shrinkReservations(tx, leg.refundId, now()));
        return;
      case 'instruct':
        if (room) await instruct(leg);
        return;
      case 'pending':
        if (isOut) await see(leg, 'pending', number);
        return;
      case 'fail':
        if (isOut) await see(leg, 'failed', number);
        return;
      case 'settle':
        if (room && (isOut || status === 'reserved')) await see(leg, 'succeeded', number);
        return;
      case 'again':
        if (room && (status === 'failed' || status === 'returned')) {
          references += 1;
          const next = { legId: leg.legId, number: number + 1, reference: `AGAIN${references}` };
          await db.$transaction((tx) =>
            openAttempt(tx, 'test', { ...next, amountMinor: Number(attempt.amountMinor) }, now()),
          );
        }
        return;
      case 'release':
        if (!isOut) await release(leg);
        return;
      case 'return':
      case 'end':
        if (held.settledMinor === 0n) return;
        await inTransaction(
          `UPDATE payment_attempts SET status = 'returned' WHERE id = '${attempt.id}'`,
          `UPDATE reservations SET settled_minor = 0, ${step === 'end' ? `state = 'released', ended_at = now()` : `state = 'held', ended_at = NULL, amount_minor = ${attempt.amountMinor}`}
           WHERE refund_id = '${leg.refundId}'`,
          `UPDATE payments SET refunded_minor = refunded_minor - ${held.settledMinor},
             reserved_minor = reserved_minor - ${isHeld ? held.amountMinor - held.settledMinor : 0} + ${step === 'end' ? 0 : attempt.amountMinor}
           WHERE id = '${leg.paymentId}'`,
        );
    }
  }

  test('two refunds of one payment: ledger, columns, reservations and attempts say the same after every step', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(...STEPS), fc.integer({ min: 1, max: 40_000 })), {
          minLength: 10,
          maxLength: 40,
        }),
        async (steps) => {
          const order = await shop.addOrder(70_000);
          const legs = [await legOf(await shop.accept(order, 40_000)), await legOf(await shop.accept(order, 30_000))];
          for (const [which, step, minor] of steps) {
            await take(legs[which] as Leg, step, minor);
            expect(await ledgerViolations(db, legs[0]?.paymentId)).toEqual([]);
          }
          const kinds = await db.ledgerTransfer.groupBy({
            by: ['kind'],
            where: { paymentId: legs[0]?.paymentId ?? '' },
          });
          for (const { kind } of kinds) seen.add(kind);
        },
      ),
      { numRuns: 20, seed: 20_261_124 },
    );
    // A run that never came to one of these would prove little.
    expect([...seen].toSorted()).toEqual(
      ['capture', 'instruct', 'release', 'reserve', 'return', 'revert', 'settle'].toSorted(),
    );
  });
});

describe('nothing else is let in', () => {
  let leg: Leg;
  beforeAll(async () => {
    leg = await accepted();
    await instruct(leg);
  });

  /** The rule that refuses the statements, at the latest when they are committed; null when they would stay. */
  async function refusedBy(statements: string[]): Promise<string | null> {
    await sql.query('BEGIN');
    try {
      for (const statement of statements) await sql.query(statement.replaceAll('PAYMENT', `'${leg.paymentId}'`));
      await sql.query('SET CONSTRAINTS ALL IMMEDIATE');
      return null;
    } catch (failure) {
      const { constraint, message } = failure as { constraint?: string; message: string };
      return constraint ?? message;
    } finally {
      await sql.query('ROLLBACK');
    }
  }

  const IS_PAYMENT = 'ledger_is_payment';
  const BY_TRIGGERS = 'the ledger is written by its triggers alone';
  const REFERRED = expect.stringMatching(/^payment \S+ is referred to by a refund$/) as unknown;
  const APPEND_ONLY = 'ledger_transfers is append-only';
  const payments = (change: string): string => `UPDATE payments SET ${change} WHERE id = PAYMENT`;
  const reservations = (change: string): string => `UPDATE reservations SET ${change} WHERE payment_id = PAYMENT`;
  const OF_PAYMENT = 'allocation_id IN (SELECT id FROM allocations WHERE payment_id = PAYMENT)';
  const attempts = (change: string): string => `UPDATE payment_attempts SET ${change} WHERE ${OF_PAYMENT}`;
  const GIVEN_BACK = [reservations(`state = 'released', ended_at = now()`), payments('reserved_minor = 0')];
  const SENT_AGAIN = `
    INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, created_at, updated_at)
    SELECT 'at_again', mode, allocation_id, 2, 'RSENTAGAIN', amount_minor, 'pending', now(), now()
    FROM payment_attempts WHERE ${OF_PAYMENT}`;
  const newPayment = (columns: string, values: string): string => `
    INSERT INTO payments (id, mode, order_id, external_id, provider, provider_payment_id, method, currency, captured_minor, captured_at, created_at, updated_at, ${columns})
    SELECT 'pm_x', mode, order_id, 'P-X', provider, 'pi_x', method, currency, 10, now(), now(), now(), ${values} FROM payments WHERE id = PAYMENT`;
  /** As a trigger would insert, past the guard. */
  const transfer = (values: string): string[] => [
    'ALTER TABLE ledger_transfers DISABLE TRIGGER ledger_transfers_by_triggers',
    `INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account, amount_minor, currency)
     VALUES ('test', PAYMENT, ${values})`,
  ];

  test.each<[string, string[], unknown]>([
    ['more reserved than reservations say', [payments('reserved_minor = reserved_minor + 1')], IS_PAYMENT],
    ['less reserved than reservations say', [payments('reserved_minor = reserved_minor - 1')], IS_PAYMENT],
    ['refunded without a settlement', [payments('refunded_minor = 1')], IS_PAYMENT],
    ['moved in the columns alone', [payments('refunded_minor = 30000, reserved_minor = 0')], IS_PAYMENT],
    ['a reservation that grew alone', [reservations('amount_minor = 30001')], IS_PAYMENT],
    ['a reservation that settled alone', [reservations('settled_minor = 1')], IS_PAYMENT],
    ['a reservation that ended alone', [reservations(`state = 'released', ended_at = now()`)], IS_PAYMENT],
    ['what is on its way cannot be given back', GIVEN_BACK, IS_PAYMENT],
    [
      'what was never sent cannot settle',
      [
        attempts(`status = 'failed'`),
        reservations('settled_minor = 30000'),
        payments('reserved_minor = 0, refunded_minor = 30000'),
      ],
      IS_PAYMENT,
    ],
    [
      'what cannot have been reserved cannot be sent',
      [
        attempts(`status = 'failed'`),
        reservations('amount_minor = 29999'),
        payments('reserved_minor = 29999'),
        attempts(`status = 'instructed'`),
      ],
      IS_PAYMENT,
    ],
    ['what is sent again cannot be given back', [attempts(`status = 'failed'`), SENT_AGAIN, ...GIVEN_BACK], IS_PAYMENT],
    ['a payment of the other mode', [payments(`mode = 'live'`)], REFERRED],
    ['a payment under another id', [payments(`id = 'pm_other'`)], REFERRED],
    ['a payment that begins with refunded money', [newPayment('refunded_minor', '1')], IS_PAYMENT],
    [
      'a transfer by hand',
      [
        `INSERT INTO ledger_transfers (mode, payment_id, kind, debit_account, credit_account, amount_minor, currency)
         VALUES ('test', PAYMENT, 'capture', 'available', 'captured', 1, 'CNY')`,
      ],
      BY_TRIGGERS,
    ],
    ['a transfer changed', ['UPDATE ledger_transfers SET amount_minor = 1'], APPEND_ONLY],
    ['a transfer removed', ['DELETE FROM ledger_transfers'], APPEND_ONLY],
    ['all transfers removed', ['TRUNCATE ledger_transfers'], APPEND_ONLY],
    ['more reserved by hand', [payments('ledger_reserved_minor = ledger_reserved_minor + 1')], BY_TRIGGERS],
    ['more in flight by hand', [payments('ledger_in_flight_minor = 1')], BY_TRIGGERS],
    [
      'both sides by hand',
      [payments('ledger_refunded_minor = 1, refunded_minor = 1, ledger_reserved_minor = 0, reserved_minor = 0')],
      BY_TRIGGERS,
    ],
    [
      'a payment that begins with sums by hand',
      [newPayment('refunded_minor, ledger_refunded_minor', '1, 1')],
      BY_TRIGGERS,
    ],
    [
      'an amount of nothing',
      transfer(`NULL, NULL, NULL, 'capture', 'available', 'captured', 0, 'CNY'`),
      'ledger_transfers_amount',
    ],
    [
      'an unknown kind',
      transfer(`NULL, NULL, NULL, 'gift', 'available', 'captured', 1, 'CNY'`),
      'ledger_transfers_move',
    ],
    [
      'an unknown account',
      transfer(`NULL, NULL, NULL, 'capture', 'pocket', 'captured', 1, 'CNY'`),
      'ledger_transfers_move',
    ],
    [
      'a difference of exchange against an account of the payment',
      transfer(`'rf', 'al', 1, 'exchange', 'exchange', 'refunded', 1, 'CNY'`),
      'ledger_transfers_move',
    ],
    [
      'a difference of exchange for nobody',
      transfer(`NULL, NULL, NULL, 'exchange', 'exchange', 'settlement', 1, 'CNY'`),
      'ledger_transfers_refund',
    ],
    [
      'one account on both sides',
      transfer(`NULL, NULL, NULL, 'capture', 'captured', 'captured', 1, 'CNY'`),
      'ledger_transfers_move',
    ],
    [
      'a payout past the reservation',
      transfer(`'rf', 'al', 1, 'settle', 'refunded', 'available', 1, 'CNY'`),
      'ledger_transfers_move',
    ],
    [
      'a reservation for nobody',
      transfer(`NULL, NULL, NULL, 'reserve', 'reserved', 'available', 1, 'CNY'`),
      'ledger_transfers_refund',
    ],
    [
      'a capture for a refund',
      transfer(`'rf', NULL, NULL, 'capture', 'available', 'captured', 1, 'CNY'`),
      'ledger_transfers_refund',
    ],
  ])('%s', async (_title, statements, rule) => {
    expect(await refusedBy(statements)).toEqual(rule);
  });

  test.each<[string, string[]]>([
    [
      'settled on both sides, and captured more',
      [
        attempts(`status = 'succeeded'`),
        reservations('settled_minor = 30000'),
        payments('reserved_minor = 0, refunded_minor = 30000, captured_minor = 100001'),
      ],
    ],
    ['failed and given back', [attempts(`status = 'failed'`), ...GIVEN_BACK]],
    ['an attempt that is not there any more', [`DELETE FROM payment_attempts WHERE ${OF_PAYMENT}`, ...GIVEN_BACK]],
  ])('let through: %s', async (_title, statements) => {
    expect(await refusedBy(statements)).toBeNull();
  });
});

// Last: it leaves the ledger as its first migration made it.
describe('rows that were there before the ledger', () => {
  const MIGRATIONS = path.resolve(__dirname, '../../prisma/migrations');
  const file = readdirSync(MIGRATIONS).find((name) => name.endsWith('_ledger')) ?? '';
  const UP = readFileSync(path.join(MIGRATIONS, file, 'migration.sql'), 'utf8');
  const DOWN = `
    DROP TABLE ledger_transfers;
    ALTER TABLE payments DROP COLUMN ledger_reserved_minor, DROP COLUMN ledger_in_flight_minor, DROP COLUMN ledger_refunded_minor;
    DO $$ DECLARE one regprocedure; BEGIN
      FOR one IN SELECT oid FROM pg_proc WHERE proname LIKE 'ledger\\_%' OR proname = 'refuse_ledger_write' LOOP
        EXECUTE 'DROP FUNCTION ' || one || ' CASCADE';
      END LOOP;
    END $$`;

  test('get the transfers that the triggers would have written, and a ledger that holds from then on', async () => {
    const legs = [await accepted(), await accepted(), await accepted(), await accepted()] as const;
    const [paid, out, withdrawn, failed] = legs;
    await instruct(paid);
    await see(paid, 'succeeded');
    await release(paid);
    await instruct(out);
    await release(withdrawn);
    await instruct(failed);
    await see(failed, 'failed');
    await sql.query(
      `UPDATE payments SET disputed_minor = 7, refunded_elsewhere_minor = 5 WHERE id = '${out.paymentId}'`,
    );
    const read = async () => {
      const rows = await db.ledgerTransfer.findMany({
        where: { paymentId: { in: legs.map(({ paymentId }) => paymentId) } },
        omit: { id: true, at: true },
      });
      // What went out and came back unpaid has left no amount behind in the rows.
      const kept = rows.filter(({ refundId, kind }) => refundId !== failed.refundId || kind === 'reserve');
      return kept.map((row) => JSON.stringify({ ...row, amountMinor: Number(row.amountMinor) })).toSorted();
    };
    const sums = () =>
      db.payment.findMany({
        select: { id: true, ledgerReservedMinor: true, ledgerInFlightMinor: true, ledgerRefundedMinor: true },
        orderBy: { id: 'asc' },
      });
    const before = [await read(), await sums()];
    await inTransaction(DOWN, UP);
    expect([await read(), await sums()]).toEqual(before);
    const paidAt = await db.ledgerTransfer.findFirstOrThrow({ where: { refundId: paid.refundId, kind: 'settle' } });
    const attempt = await db.paymentAttempt.findFirstOrThrow({ where: { allocationId: paid.legId } });
    expect(paidAt.at).toEqual(attempt.settledAt);
    await see(out, 'succeeded');
    expect((await booked(out)).slice(-1)).toEqual(['settle refunded<-in_flight 30000 #1']);
  });

  test('stop the migration when they contradict each other', async () => {
    const leg = await accepted();
    const falsified = `UPDATE payments SET reserved_minor = 29999 WHERE id = '${leg.paymentId}'`;
    await expect(inTransaction(DOWN, falsified, UP)).rejects.toThrow(
      `a person must repair them first: ${leg.paymentId}`,
    );
  });
});
