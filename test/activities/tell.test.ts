import { CrmPermanentError, CrmTransientError, type CrmConnector, type CrmRefundCase } from '../../integrations/crm';
import { MessagePermanentError, MessageTransientError } from '../../integrations/messaging';
import { newId, verifyRefundChain } from '../../store';
import { attempt, FakeMail, openBench, type Bench } from './support/bench';

const now = '2026-11-23T02:00:00.000Z';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function setUp(
  message: {
    channel?: 'email' | 'crm';
    kind?: string;
    recipient?: string;
    data?: Record<string, string | number>;
  } = {},
) {
  const { refundId } = await bench.payingRefund();
  const id = newId('ms');
  await bench.db.message.create({
    data: {
      id,
      mode: 'test',
      refundId,
      transitionSeq: 3,
      kind: message.kind ?? 'refund_approved',
      channel: message.channel ?? 'email',
      audience: 'customer',
      recipient: message.recipient ?? 'customer',
      data: message.data ?? {},
      locale: 'zh-CN',
      owner: 'refund',
      dueAt: new Date(),
      createdAt: new Date(),
    },
  });
  const mail = new FakeMail();
  return {
    refundId,
    mail,
    activities: bench.activities({ email: mail }),
    input: { refundId, seq: 3, now },
    row: () => bench.db.message.findUniqueOrThrow({ where: { id } }),
    deskItems: () => bench.db.deskItem.findMany({ where: { refundId, kind: 'message_undeliverable' } }),
    audited: () => bench.db.auditEvent.findMany({ where: { refundId, type: { startsWith: 'message.' } } }),
  };
}

describe('notifyParties', () => {
  test('a letter is claimed before it is sent, sent once, and on record', async () => {
    const { mail, activities, input, row, audited } = await setUp();
    let claimedUntil: Date | null = null;
    mail.onSend = async () => void ({ claimedUntil } = await row());
    await attempt(1, activities.notifyParties, input);
    await attempt(2, activities.notifyParties, input);
    expect(claimedUntil).not.toBeNull();
    expect(mail.taken).toMatchObject([{ to: 'customer@example.com', locale: 'zh-CN' }]);
    expect(mail.taken[0]?.text).toContain('100.00 元');
    expect(await row()).toMatchObject({ status: 'sent', sentAt: new Date(now), claimedUntil: null });
    expect(await audited()).toMatchObject([{ type: 'message.sent' }]);
  });

  test('two attempts at the same time send one letter', async () => {
    const { mail, activities, input } = await setUp();
    mail.onSend = () => new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([attempt(1, activities.notifyParties, input), attempt(2, activities.notifyParties, input)]);
    expect(mail.taken).toHaveLength(1);
  });

  test('a letter that is refused for good is the desk’s, and the workflow’s step succeeds', async () => {
    const { mail, activities, input, row, deskItems } = await setUp();
    mail.onSend = () => {
      throw new MessagePermanentError('550');
    };
    await attempt(1, activities.notifyParties, input);
    expect(await row()).toMatchObject({ status: 'dead', lastError: '550' });
    expect(await deskItems()).toHaveLength(1);
  });

  test('a mail server that is down is tried again, the letter keeping its Message-ID', async () => {
    const { mail, activities, input, row } = await setUp();
    const ids: string[] = [];
    mail.onSend = (letter) => {
      ids.push(letter.messageId);
      if (ids.length === 1) throw new MessageTransientError('ECONNECTION', true);
    };
    await expect(attempt(1, activities.notifyParties, input)).rejects.toMatchObject({ nonRetryable: false });
    const waiting = await row();
    expect(waiting).toMatchObject({ status: 'due', attempts: 1, claimedUntil: null, lastError: 'ECONNECTION' });
    expect(waiting.dueAt.getTime()).toBeGreaterThan(Date.now());
    await attempt(2, activities.notifyParties, input);
    expect(ids[0]).toBe(ids[1]);
    expect((await row()).status).toBe('sent');
  });

  test('a customer without an address is told by a person', async () => {
    const { refundId, mail, activities, input, row, deskItems } = await setUp();
    const { customerId } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    await bench.db.customer.update({ where: { id: customerId }, data: { email: null } });
    await attempt(1, activities.notifyParties, input);
    await bench.db.customer.update({ where: { id: customerId }, data: { email: 'customer@example.com' } });
    expect(mail.taken).toHaveLength(0);
    expect(await row()).toMatchObject({ status: 'dead', lastError: 'no_address' });
    expect(await deskItems()).toHaveLength(1);
  });
});

describe('a letter about money that came back', () => {
  const told = async (data: Record<string, string | number>): Promise<string> => {
    const { mail, activities, input } = await setUp({ kind: 'refund_returned', data });
    await attempt(1, activities.notifyParties, input);
    return mail.taken[0]?.text ?? '';
  };

  test('names the part that came back, not the whole', async () => {
    expect(await told({ returnedMinor: 4_000, fund: 'amount' })).toContain('其中的 40.00 元');
    expect(await told({ returnedMinor: 10_000, fund: 'amount' })).not.toContain('其中的');
    expect(await told({ returnedMinor: 2_000, fund: 'goodwill' })).toContain('另行向您汇出了 20.00 元');
  });
});

class FakeCrm implements CrmConnector {
  readonly crm = 'fake';
  readonly cases: CrmRefundCase[] = [];
  onUpsert: (input: CrmRefundCase) => void = () => undefined;
  upsertContact = async () => ({ recordId: 'contact' });
  async upsertRefundCase(input: CrmRefundCase): Promise<{ recordId: string }> {
    this.onUpsert(input);
    this.cases.push(input);
    return { recordId: 'case-1' };
  }
  readRefundCases = async () => new Map();
}

function failing(error: Error): FakeCrm {
  const crm = new FakeCrm();
  crm.onUpsert = () => {
    throw error;
  };
  return crm;
}

describe('syncCrm', () => {
  const crmMessage = { channel: 'crm', kind: 'crm_sync', recipient: 'crm' } as const;

  test('the CRM gets the refund as it stands, and what it knows is noted', async () => {
    const { refundId, input, row } = await setUp(crmMessage);
    const crm = new FakeCrm();
    await bench.db.refund.update({ where: { id: refundId }, data: { transitionSeq: 4 } });
    bench.plants(refundId, 'unbroken_audit: left no audit event', 'one_truth: seq is');
    await attempt(1, bench.activities({ crm }).syncCrm, input);
    expect(crm.cases).toMatchObject([{ refundId, status: 'paying', amountMinor: 100_00, currency: 'CNY' }]);
    expect(await bench.db.crmLink.findUnique({ where: { refundId } })).toMatchObject({
      recordId: 'case-1',
      syncedSeq: 4,
    });
    expect((await row()).status).toBe('sent');
  });

  test('what the CRM knows already is not told again', async () => {
    const { refundId, input, row } = await setUp(crmMessage);
    await bench.db.crmLink.create({
      data: { refundId, mode: 'test', crm: 'fake', recordId: 'case-1', syncedSeq: 5, updatedAt: new Date() },
    });
    const crm = new FakeCrm();
    await attempt(1, bench.activities({ crm }).syncCrm, input);
    expect(crm.cases).toHaveLength(0);
    expect((await row()).status).toBe('skipped');
  });

  test('a slow writer whose state was overtaken meanwhile writes again', async () => {
    const { refundId, input } = await setUp(crmMessage);
    await bench.db.refund.update({ where: { id: refundId }, data: { transitionSeq: 4 } });
    bench.plants(refundId, 'unbroken_audit: left no audit event', 'one_truth: seq is');
    const crm = new FakeCrm();
    const activities = bench.activities({ crm });
    const upsert = crm.upsertRefundCase.bind(crm);
    let others = 1;
    crm.upsertRefundCase = async (refundCase) => {
      if (others-- > 0) {
        await bench.db.refund.update({ where: { id: refundId }, data: { transitionSeq: 5, status: 'paid' } });
        bench.plants(refundId, 'evidence: paid, and a leg is not', 'one_truth: status is');
        await bench.db.crmLink.create({
          data: { refundId, mode: 'test', crm: 'fake', recordId: 'case-1', syncedSeq: 5, updatedAt: new Date() },
        });
      }
      return upsert(refundCase);
    };
    await attempt(1, activities.syncCrm, input);
    expect(crm.cases.map((one) => one.status)).toEqual(['paying', 'paid']);
  });

  test('a record that the CRM refuses for good is the desk’s', async () => {
    const { input, row, deskItems } = await setUp(crmMessage);
    const crm = failing(new CrmPermanentError('fake', 'INVALID_DATA'));
    await attempt(1, bench.activities({ crm }).syncCrm, input);
    expect(await row()).toMatchObject({ status: 'dead', lastError: 'INVALID_DATA' });
    expect(await deskItems()).toHaveLength(1);
  });

  test('a CRM that asks to wait is asked again when it wants to be', async () => {
    const { input, row } = await setUp(crmMessage);
    const crm = failing(new CrmTransientError('fake', 'TOO_MANY_REQUESTS', 60_000));
    await expect(attempt(1, bench.activities({ crm }).syncCrm, input)).rejects.toMatchObject({
      type: 'NotDeliveredYet',
      nonRetryable: false,
    });
    const waiting = await row();
    expect(waiting.status).toBe('due');
    expect(waiting.dueAt.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  test('a deployment without a CRM has nothing to tell', async () => {
    const { input, row } = await setUp(crmMessage);
    await attempt(1, bench.activities({ crm: null }).syncCrm, input);
    expect(await row()).toMatchObject({ status: 'skipped', lastError: 'no_crm' });
  });
});

describe('tellOutsiders', () => {
  const crmRow = async (refundId: string) => {
    const id = newId('ms');
    await bench.db.message.create({
      data: {
        id,
        mode: 'test',
        refundId,
        transitionSeq: 3,
        kind: 'crm_sync',
        channel: 'crm',
        audience: 'crm',
        recipient: 'crm',
        locale: 'zh-CN',
        owner: 'refund',
        dueAt: new Date(),
        createdAt: new Date(),
      },
    });
    return () => bench.db.message.findUniqueOrThrow({ where: { id } });
  };

  test('letter and CRM record go out once each, both on record in one chain', async () => {
    const { refundId, mail, input, row, audited } = await setUp();
    const crmMessage = await crmRow(refundId);
    const crm = new FakeCrm();
    const { tellOutsiders } = bench.activities({ email: mail, crm });
    await attempt(1, tellOutsiders, input);
    await attempt(2, tellOutsiders, input);
    expect([mail.taken.length, crm.cases.length]).toEqual([1, 1]);
    expect([(await row()).status, (await crmMessage()).status]).toEqual(['sent', 'sent']);
    expect((await audited()).map(({ type }) => type)).toEqual(['message.sent', 'message.sent']);
    expect(await verifyRefundChain(bench.db, refundId)).toBeNull();
  });

  test('a CRM that is busy does not keep the letter from being on record, and is asked alone the next time', async () => {
    const { refundId, mail, input, row } = await setUp();
    const crmMessage = await crmRow(refundId);
    const busy = failing(new CrmTransientError('fake', 'TOO_MANY_REQUESTS', 60_000));
    const { tellOutsiders } = bench.activities({ email: mail, crm: busy });
    await expect(attempt(1, tellOutsiders, input)).rejects.toMatchObject({ type: 'NotDeliveredYet' });
    expect([(await row()).status, (await crmMessage()).status]).toEqual(['sent', 'due']);
    const crm = new FakeCrm();
    await attempt(2, bench.activities({ email: mail, crm }).tellOutsiders, input);
    expect([mail.taken.length, crm.cases.length]).toEqual([1, 1]);
    expect((await crmMessage()).status).toBe('sent');
  });

  test('an error of one of them leaves what the other has sent on record', async () => {
    const { refundId, mail, input, row } = await setUp();
    const crmMessage = await crmRow(refundId);
    const broken = failing(new Error('a defect'));
    await expect(attempt(1, bench.activities({ email: mail, crm: broken }).tellOutsiders, input)).rejects.toThrow(
      'a defect',
    );
    expect([(await row()).status, (await crmMessage()).status]).toEqual(['sent', 'due']);
  });
});
