import type { WorkflowHandle } from '@temporalio/client';
import type { Movement } from '../../sandbox';
import { eventually } from '../support/eventually';
import { judgeRows } from '../support/judge-rows';
import { findViolations, INVARIANTS, type Invariant, type OracleInput } from '../support/oracle';
import { approve, openWorld, type World } from '../support/world';

// The oracle judges every other test, so it is tried itself: each kind of damage must be named, by its invariant.

let world: World;
let handle: WorkflowHandle;
let refundId: string;
let ledger: Movement[];
beforeAll(async () => {
  world = await openWorld();
  handle = await world.start(600_000);
  refundId = world.refundIdOf(handle);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.decide(handle, 'reviewer2', approve('second_review'));
  await world.decide(handle, 'approver2', approve('final_approval'));
  await world.until(handle, ({ status }) => status === 'paid');
  await eventually(
    () => world.db.message.count({ where: { status: 'sent', channel: 'email', recipient: 'customer' } }),
    (sent) => sent >= 2,
  );
  ledger = await world.ledger();
});
afterAll(() => world.close());

const judge = (input: Partial<OracleInput> = {}): Promise<string[]> =>
  findViolations({ db: world.db, ledger, client: null, ...input });

/** Behind the triggers that would keep the damage out: what they do is tested elsewhere. */
const behindTriggers = (sql: string): Promise<unknown> =>
  world.db.$transaction([
    world.db.$executeRawUnsafe(`SET LOCAL session_replication_role = replica`),
    world.db.$executeRawUnsafe(sql),
  ]);

/** Does damage, judges, and puts it right again. */
async function judgeAfter(damage: string, repair: string, input: Partial<OracleInput> = {}): Promise<string[]> {
  await behindTriggers(damage);
  try {
    return await judge(input);
  } finally {
    await behindTriggers(repair);
  }
}

/** Invariants that a test expects to be broken; the last test asks for all seven. */
const expected = new Set<Invariant>();

function named(invariant: Invariant, what: string): unknown {
  expected.add(invariant);
  return expect.stringMatching(`^\\[${invariant}\\] .*${what}`);
}

test('what is whole is not complained of', async () => {
  expect(await judge({ client: world.temporal.client, letters: world.letters })).toEqual([]);
});

describe('within_capture', () => {
  test('the provider moved more than was captured', async () => {
    expect(await judge({ ledger: [...ledger, ...ledger] })).toContainEqual(
      named('within_capture', 'the provider moved 1200000 of 600000'),
    );
    const byHand = ledger.map((movement) => ({ ...movement, reference: 'RBYHAND' }));
    expect(await judge({ ledger: [...ledger, ...byHand] })).toContainEqual(
      named('within_capture', 'the provider moved 1200000'),
    );
  });

  test('books that do not add up', async () => {
    const found = await judgeAfter(
      'UPDATE payments SET refunded_minor = 599999',
      'UPDATE payments SET refunded_minor = 600000',
    );
    expect(found).toEqual([
      named('within_capture', 'refunded 599999, attempts say 600000'),
      named('within_capture', 'refunded 599999, the ledger says 600000'),
    ]);
    const reserved = await judgeAfter(
      'UPDATE payments SET reserved_minor = 7, captured_minor = captured_minor + 7',
      'UPDATE payments SET reserved_minor = 0, captured_minor = captured_minor - 7',
    );
    expect(reserved).toEqual([
      named('within_capture', 'reserved 7, reservations say 0'),
      named('within_capture', 'captured 600007, the ledger says 600000'),
      named('within_capture', 'reserved 7, the ledger says 0'),
    ]);
  });

  test('a ledger that was rewritten', async () => {
    const settled = (minor: number): string =>
      `UPDATE ledger_transfers SET amount_minor = ${minor} WHERE kind = 'settle'`;
    const found = await judgeAfter(settled(599_999), settled(600_000));
    expect(found).toContainEqual(named('within_capture', 'sum refunded 600000, the ledger says 599999'));
  });

  test('an exchange difference that the ledger does not know', async () => {
    const found = await judgeAfter(
      `UPDATE allocations SET accounting_currency = 'USD', accounting_rate = '0.14', accounting_minor = 84000,
         settlement_rate = '0.15', exchange_difference_minor = 6000, exchange_booked_at = now()`,
      `UPDATE allocations SET accounting_currency = NULL, accounting_rate = NULL, accounting_minor = NULL,
         settlement_rate = NULL, exchange_difference_minor = NULL, exchange_booked_at = NULL`,
    );
    expect(found).toEqual([named('within_capture', 'exchange difference 6000, the ledger says 0')]);
  });
});

describe('one_movement', () => {
  test('money that moved twice, not at all, with another amount, or for nobody', async () => {
    expect(await judge({ ledger: [...ledger, ...ledger] })).toContainEqual(named('one_movement', 'paid 2 times'));
    expect(await judge({ ledger: [] })).toEqual([named('one_movement', 'paid without a movement')]);
    const less = ledger.map((movement) => ({ ...movement, amountMinor: 1 }));
    expect(await judge({ ledger: less })).toEqual([named('one_movement', 'paid without a movement')]);
    const stranger = ledger.map((movement) => ({ ...movement, reference: 'RNOBODY', paymentId: 'pi_nobody' }));
    expect(await judge({ ledger: [...ledger, ...stranger] })).toEqual([
      named('one_movement', 'no attempt has this reference'),
    ]);
  });

  test('money that moved under a reference that was said to have failed', async () => {
    const found = await judgeAfter(
      `UPDATE payment_attempts SET status = 'failed', failure_code = 'x'`,
      `UPDATE payment_attempts SET status = 'succeeded', failure_code = NULL`,
    );
    expect(found).toContainEqual(named('one_movement', 'moved and said to have failed'));
  });
});

describe('evidence', () => {
  test('paid without the provider’s number, or without anybody having seen it', async () => {
    const [attempt] = await world.db.paymentAttempt.findMany();
    const found = await judgeAfter(
      `UPDATE payment_attempts SET provider_refund_id = NULL, sightings = 0`,
      `UPDATE payment_attempts SET provider_refund_id = '${attempt?.providerRefundId}', sightings = ${attempt?.sightings}`,
    );
    expect(found).toEqual([
      named('evidence', 'without the provider'),
      named('evidence', 'succeeded, and nobody has seen it'),
    ]);
  });

  test('arrived, and nobody confirmed it', async () => {
    const set = (status: string): string => `UPDATE refunds SET status = '${status}'`;
    expect(await judgeAfter(set('arrived'), set('paid'))).toContainEqual(named('evidence', 'nobody confirmed it'));
  });

  test('an unknown outcome that nobody asks about, or was to be asked about long ago', async () => {
    const { process } = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const repair = `UPDATE refunds SET process = '${JSON.stringify(process).replaceAll("'", "''")}'`;
    const damage = (at: string): string =>
      `UPDATE refunds SET process = jsonb_set(jsonb_set(process, '{legs,0,status}', '"unknown"'), '{legs,0,nextQueryAt}', '${at}')`;
    expect(await judgeAfter(damage('null'), repair)).toContainEqual(named('evidence', 'nobody asks about leg'));
    expect(await judgeAfter(damage('"2020-01-01T00:00:00.000Z"'), repair)).toContainEqual(
      named('evidence', 'was to be asked about at 2020'),
    );
  });
});

describe('separate_people', () => {
  test('one person in two seats, and a seat that nobody took', async () => {
    const decisions = await world.db.decision.findMany({ orderBy: { transitionSeq: 'asc' } });
    const [first, second] = decisions;
    const found = await judgeAfter(
      `UPDATE decisions SET person_id = '${first?.personId}' WHERE id = '${second?.id}'`,
      `UPDATE decisions SET person_id = '${second?.personId}' WHERE id = '${second?.id}'`,
    );
    expect(found).toEqual([
      named('separate_people', 'one person approved twice'),
      named('separate_people', '2 approved 3 seats'),
      named('separate_people', 'is not what its command states'),
    ]);
  });

  test('a decision by who entered the request, by nobody of that stage, or about what nobody showed', async () => {
    const [first] = await world.db.decision.findMany({ orderBy: { transitionSeq: 'asc' } });
    expect(
      await judgeAfter(
        `UPDATE refunds SET entered_by_person_id = '${first?.personId}'`,
        'UPDATE refunds SET entered_by_person_id = NULL',
      ),
    ).toEqual([named('separate_people', 'decided by who entered it')]);
    expect(
      await judgeAfter(
        `UPDATE commands SET roles = '{agent}' WHERE id = '${first?.commandId}'`,
        `UPDATE commands SET roles = '{reviewer}' WHERE id = '${first?.commandId}'`,
      ),
    ).toEqual([named('separate_people', 'by nobody whose stage it was')]);
    expect(
      await judgeAfter(
        `UPDATE decisions SET snapshot_version = 2 WHERE id = '${first?.id}'`,
        `UPDATE decisions SET snapshot_version = 1 WHERE id = '${first?.id}'`,
      ),
    ).toEqual([named('separate_people', 'is not what its command states')]);
  });

  test('somebody who approved in their own place and by another one', async () => {
    const [first, second] = await world.db.decision.findMany({ orderBy: { transitionSeq: 'asc' } });
    const found = await judgeAfter(
      `WITH planted AS (INSERT INTO delegations (id, mode, delegator_id, delegate_id, from_at, until_at, created_by, created_at)
         VALUES ('dg_planted', 'test', '${first?.personId}', '${second?.personId}', '2020-01-01', '2020-01-02', 'pn', '2020-01-01'))
       UPDATE decisions SET on_behalf_of = '${first?.personId}', delegation_id = 'dg_planted' WHERE id = '${second?.id}'`,
      `WITH gone AS (DELETE FROM delegations)
       UPDATE decisions SET on_behalf_of = NULL, delegation_id = NULL WHERE id = '${second?.id}'`,
    );
    expect(found).toEqual([named('separate_people', 'in their own place and by another one')]);
  });
});

describe('unbroken_audit', () => {
  test('an event that was changed behind the trigger', async () => {
    const [event] = await world.db.auditEvent.findMany({ where: { refundId, seq: 2 } });
    const type = (name: string): string =>
      `UPDATE audit_events SET type = '${name}' WHERE seq = 2 AND refund_id = '${refundId}'`;
    expect(await judgeAfter(type('refund.nothing_happened'), type(event?.type ?? ''))).toEqual([
      named('unbroken_audit', 'audit event 2 does not verify'),
    ]);
  });

  test('an end that was cut off, and a transition that left no trace', async () => {
    const { auditSeq, auditHead, transitionSeq } = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const head = (seq: number, hash: string): string =>
      `UPDATE refunds SET audit_seq = ${seq}, audit_head = '${hash}' WHERE id = '${refundId}'`;
    expect(await judgeAfter(head(auditSeq + 1, auditHead), head(auditSeq, auditHead))).toEqual([
      named('unbroken_audit', 'the audit head is not the last event'),
    ]);
    const seq = (value: number): string => `UPDATE refunds SET transition_seq = ${value} WHERE id = '${refundId}'`;
    expect(await judgeAfter(seq(transitionSeq + 1), seq(transitionSeq))).toContainEqual(
      named('unbroken_audit', `transition ${transitionSeq + 1} left no audit event`),
    );
  });
});

describe('nobody_untold', () => {
  test('a letter that died in silence, or waits for ever, or that no inbox has', async () => {
    const [letter] = await world.db.message.findMany({ where: { channel: 'email', status: 'sent' } });
    const status = (name: string, due: string): string =>
      `UPDATE messages SET status = '${name}', due_at = '${due}' WHERE id = '${letter?.id}'`;
    const repair = status('sent', letter?.dueAt.toISOString() ?? '');
    expect(await judgeAfter(status('dead', '2026-01-01'), repair)).toEqual([
      named('nobody_untold', 'dead without a desk item'),
    ]);
    expect(await judgeAfter(status('due', '2020-01-01'), repair)).toEqual([named('nobody_untold', 'is not sent')]);
    const others = async () =>
      (await world.letters()).filter((one) => !(one.headers['message-id'] ?? '').includes(letter?.id ?? ''));
    expect(await judge({ letters: others })).toEqual([named('nobody_untold', 'no inbox has it')]);
  });

  test('an SMS that was tried again', async () => {
    const [letter] = await world.db.message.findMany({ where: { channel: 'email', status: 'sent' } });
    const channel = (name: string, attempts: number): string =>
      `UPDATE messages SET channel = '${name}', attempts = ${attempts} WHERE id = '${letter?.id}'`;
    expect(await judgeAfter(channel('sms', 2), channel('email', letter?.attempts ?? 0))).toEqual([
      named('nobody_untold', 'an SMS was tried 2 times'),
    ]);
  });
});

describe('one_truth', () => {
  test('a projection that is not what the process says', async () => {
    const set = (status: string): string => `UPDATE refunds SET status = '${status}'`;
    expect(await judgeAfter(set('paying'), set('paid'))).toEqual([named('one_truth', 'status is "paying"')]);
  });

  test('Postgres and the workflow at different places', async () => {
    const version = (value: number): string =>
      `UPDATE refunds SET process = jsonb_set(process, '{snapshotVersion}', '${value}')`;
    const found = await judgeAfter(version(7), version(1), { client: world.temporal.client });
    expect(found).toEqual([named('one_truth', 'last row'), named('one_truth', 'the workflow is at')]);
  });

  test('an attempt that is not where its leg is', async () => {
    const set = (status: string): string => `UPDATE payment_attempts SET status = '${status}'`;
    expect(await judgeAfter(set('pending'), set('succeeded'))).toContainEqual(
      named('one_truth', 'pending.*the process says .*succeeded'),
    );
  });

  test('the provider at another end than we are, once nothing is under way', async () => {
    const failed = ledger.map((movement) => ({ ...movement, status: 'failed' as const }));
    const found = await judge({ ledger: failed, quiescent: true });
    expect(found).toContainEqual(named('one_truth', 'is succeeded, the provider has failed'));
    expect(await judge({ ledger: failed })).not.toContainEqual(named('one_truth', 'the provider has'));
  });
});

describe('a file of tests that leaves rows behind', () => {
  const status = (value: string): string => `UPDATE refunds SET status = '${value}'`;

  test('fails when they break an invariant, and not when a test has said so', async () => {
    await judgeRows(world.db).judge();
    await behindTriggers(status('paying'));
    try {
      await expect(judgeRows(world.db).judge()).rejects.toThrow('[one_truth]');
      const said = judgeRows(world.db);
      said.plants(refundId, 'one_truth');
      await said.judge();
      const other = judgeRows(world.db);
      other.plants(refundId, 'separate_people');
      await expect(other.judge()).rejects.toThrow('[one_truth]');
    } finally {
      await behindTriggers(status('paid'));
    }
  });

  test('fails when what a test says to have broken is whole', async () => {
    const said = judgeRows(world.db);
    said.plants(refundId, 'one_truth');
    await expect(said.judge()).rejects.toThrow(`${refundId} was said to break one_truth, and keeps it`);
  });
});

test('every invariant has been broken and found', () => {
  expect([...expected].toSorted()).toEqual([...INVARIANTS].toSorted());
});
