import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { appendRefundAudit } from '../../store';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

// What a refund's timeline tells whom: colleagues everything, the shop and the customer what is theirs to know.

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const ROOT = path.resolve(__dirname, '..', '..');
const EVENT =
  /'((?:refund|payment|message|destination|bank_file|desk|dispute|goodwill|reconciliation)\.[a-z]+(?:_[a-z]+)*)'/g;

/** Every name in the product's sources that has the form of an event's, and those that are put together. */
function eventTypes(): string[] {
  const sources = ['activities', 'api', 'domain', 'store'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
      .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8')),
  );
  const found = sources.flatMap((source) => [...source.matchAll(EVENT)].map(([, type]) => type ?? ''));
  const puzzled = ['payment.dispute_opened', 'payment.dispute_won', 'payment.dispute_lost', 'evidence_read'];
  return [...new Set([...found, ...puzzled, 'refund.of_tomorrow'])];
}

const OURS = 'OURS-ALONE';
const SECRETS = {
  personId: OURS,
  proposedBy: OURS,
  ownerId: OURS,
  reason: OURS,
  note: OURS,
  rule: OURS,
  why: OURS,
  recipient: `role:${OURS}`,
  act: OURS,
  proposalId: OURS,
  payeeCheck: OURS,
  disputeId: OURS,
  sha256: OURS,
  fieldOfTomorrow: OURS,
};

interface Told {
  type: string;
  actor: { kind: string; id: string | null; name: string | null };
  data: Record<string, unknown>;
}

async function timelineOf(key: KeyName, id: string): Promise<{ text: string; events: Told[] }> {
  const answer = await api.get(key, `/v1/refunds/${id}/timeline`);
  expect(answer.status).toBe(200);
  return { text: answer.text, events: answer.body.data as Told[] };
}

it('tells outsiders of every event that there is only what is listed for them: no persons, words, proposals, disputes or checks', async () => {
  const types = eventTypes();
  expect(types).toEqual(expect.arrayContaining(['refund.proposed', 'payment.sighted', 'destination.payee_checked']));
  expect(types.length).toBeGreaterThan(45);
  const { id } = await api.accept(1_000);
  const { length } = (await timelineOf('auditor', id)).events;
  const actor = { kind: 'person', id: api.personIds.finance };
  const entries = types.map((type) => ({ type, actor, data: { ...SECRETS, reference: 'R1', hold: 'disputed' } }));
  await appendRefundAudit(api.db, id, new Date().toISOString(), entries);

  const staff = await timelineOf('auditor', id);
  expect(staff.events.slice(length).map((event) => event.type)).toEqual(types);
  for (const key of ['customer', 'integrator'] as const) {
    const { text, events } = await timelineOf(key, id);
    expect(text).not.toContain(OURS);
    expect(text).not.toContain(api.personIds.finance);
    const told = events.map((event) => event.type);
    for (const ours of ['proposed', 'proposal', 'dispute', 'destination', 'bank_file', 'desk', 'stage_', 'evidence'])
      expect(told.filter((type) => type.includes(ours) && type !== 'refund.stage_approved')).toEqual([]);
    expect(told).not.toContain('refund.of_tomorrow');
    expect(told).toEqual(expect.arrayContaining(['refund.accepted', 'refund.paid', 'refund.reopened']));
  }
});

it('tells the shop why a payment is held, and the customer neither that nor that it is', async () => {
  const { id } = await api.accept(1_000);
  await appendRefundAudit(api.db, id, new Date().toISOString(), [
    {
      type: 'payment.sighted',
      actor: { kind: 'machine', id: null },
      data: { outcome: 'held', hold: 'insufficient_funds', retryAt: '2026-03-02T00:00:00.000Z' },
    },
  ]);
  const forShop = (await timelineOf('integrator', id)).events.at(-1);
  expect(forShop).toMatchObject({ type: 'payment.sighted', data: { outcome: 'held', hold: 'insufficient_funds' } });
  const { text, events } = await timelineOf('customer', id);
  expect(events.map((event) => event.type)).not.toContain('payment.sighted');
  expect(text).not.toContain('insufficient_funds');
});

it('tells outsiders of letters to the customer, not of those to colleagues', async () => {
  const { id } = await api.accept(1_000);
  const sent = (recipient: string) => ({
    type: 'message.sent',
    actor: { kind: 'machine', id: null },
    data: { messageId: `ms_${recipient}`, kind: 'refund_received', channel: 'email', recipient },
  });
  await appendRefundAudit(api.db, id, new Date().toISOString(), [sent('role:finance'), sent('customer')]);
  for (const key of ['customer', 'integrator'] as const) {
    const letters = (await timelineOf(key, id)).events.filter((event) => event.type === 'message.sent');
    expect(letters.map((event) => event.data)).toEqual([
      { messageId: 'ms_customer', kind: 'refund_received', channel: 'email' },
    ]);
  }
});
