import request from 'supertest';

import { createDeliverDueMessages } from '../../activities/deliver-due-messages';
import { createApp } from '../../api/app';
import { EngineUnavailable } from '../../api/refund-client-errors';
import { attempt, FakeMail } from '../activities/support/bench';
import { putInForce } from '../support/policy';
import { decisionsBy } from './support/decisions';
import { openWorkingApi, type WorkingApi } from './support/working-api';

let api: WorkingApi;
beforeAll(async () => {
  api = await openWorkingApi();
});
afterAll(() => api.close());

const { decide, statusOf, reaches } = decisionsBy(() => api);

describe('a decision by letter', () => {
  beforeAll(() => putInForce(api.db, 4, { stepUpMinor: { CNY: 20_000 } }));
  afterAll(() => putInForce(api.db, 5, {}));

  interface Letter {
    to: string;
    token: string;
    code: string;
  }
  /** What is due is sent; answers the letters about this refund that can be decided by. */
  async function lettersAbout(id: string): Promise<Letter[]> {
    const mail = new FakeMail();
    const { db, logger, metrics, clock } = api.deps;
    const letters = { shopName: 'Test', messageIdDomain: 'test.example', publicUrl: 'http://127.0.0.1' };
    const { deliverDueMessages } = createDeliverDueMessages({
      db,
      email: mail,
      crm: null,
      letters,
      clock,
      logger,
      metrics,
    });
    // The tests before this one have left theirs.
    for (let more = true; more;) ({ more } = await attempt(1, deliverDueMessages, { limit: 100 }));
    return mail.taken
      .filter(({ text }) => text.includes(id))
      .flatMap(({ to, text }) => {
        const [, token] = /\/decide\/([\w-]{43})/.exec(text) ?? [];
        const [, code] = /code there: (\d{6})/.exec(text) ?? [];
        return token && code ? [{ to, token, code }] : [];
      });
  }
  async function letterTo(name: string, id: string): Promise<Letter> {
    const letter = (await lettersAbout(id)).find(({ to }) => to === `${name}@example.com`);
    if (!letter) throw new Error(`No letter to ${name} about ${id}.`);
    return letter;
  }
  const open = (token: string, query = '') => request(api.app).get(`/decide/${token}${query}`);
  const submit = (token: string, form: Record<string, string>) =>
    request(api.app).post(`/decide/${token}`).type('form').send(form);
  const eventsOf = async (id: string) =>
    (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data as { type: string; actor: { id: string } }[];

  it('counts for the person of the link, with the code of the letter, once', async () => {
    const { id } = await api.accept(10_000);
    const all = await lettersAbout(id);
    expect(all.map(({ to }) => to).toSorted()).toEqual(['reviewer2@example.com', 'reviewer@example.com']);
    const [own, other] = ['reviewer', 'reviewer2'].map((name) => all.find(({ to }) => to === `${name}@example.com`));
    if (!own || !other) throw new Error('A letter is missing.');
    const kept = JSON.stringify(await api.db.decisionLink.findMany({ where: { refundId: id } }));
    for (const secret of [own.token, own.code]) expect(kept).not.toContain(secret);
    const page = await open(own.token);
    expect([page.status, page.type]).toEqual([200, 'text/html']);
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.text).toMatch(/width=device-width[\s\S]*CNY 100\.00[\s\S]*Opening this page decides nothing/);
    expect(page.text).not.toContain(own.code);
    expect(page.text).not.toContain('checked');
    expect((await open(own.token, '?lang=zh-CN')).text).toContain('打开本页不会作出任何决定');
    // The other letter's code opens nothing here, and counts as one of five.
    const foreign = await submit(own.token, { decision: 'approve', code: other.code });
    expect([foreign.status, foreign.text]).toEqual([400, expect.stringContaining('4 more attempts')]);
    expect((await submit(own.token, { decision: 'decline', code: own.code })).status).toBe(400);
    const decided = await submit(own.token, { decision: 'approve', reason: 'seen', code: own.code });
    expect([decided.status, decided.text]).toEqual([200, expect.stringContaining('Your approval counts')]);
    expect((await api.db.decision.findMany({ where: { refundId: id } })).map((one) => one.personId)).toEqual([
      api.personIds.reviewer,
    ]);
    const again = await submit(own.token, { decision: 'decline', reason: 'no', code: own.code });
    expect([again.status, again.text]).toEqual([410, expect.stringContaining('has been used')]);
    const late = await submit(other.token, { decision: 'approve', code: other.code });
    expect([late.status, late.text]).toEqual([410, expect.stringContaining('not as it was')]);
    expect((await open(other.token)).status).toBe(410);
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['refund.link_code_refused', 'refund.link_refused']),
    );
    await reaches(id, 'paid');
  });

  it('is never taken by what opens every link and submits every form', async () => {
    const { id } = await api.accept(10_000);
    const letters = await lettersAbout(id);
    expect(letters).toHaveLength(2);
    for (const { token } of letters) {
      await request(api.app).head(`/decide/${token}`);
      const { text } = await open(token);
      const names = [...text.replace(/[\s\S]*<form/, '').matchAll(/name="(\w+)"/g)].map(([, name]) => name ?? '');
      expect([...new Set(names)]).toEqual(['decision', 'reason', 'code']);
      for (const choice of ['approve', 'decline', ''])
        for (const code of ['', 'test', '1'])
          expect((await submit(token, { decision: choice, reason: 'test', code })).status).toBe(400);
      expect((await open(token)).status).toBe(200);
    }
    expect(await statusOf(id)).toBe('in_review');
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(0);
    expect(await api.db.command.count({ where: { refundId: id, kind: 'decide' } })).toBe(0);
  });

  it('that counted is answered so to whoever was not told, and again, and leaves its link used', async () => {
    const { id } = await api.accept(10_000);
    const { token, code } = await letterTo('reviewer', id);
    const usedAt = async () =>
      (await api.db.decisionLink.findMany({ where: { refundId: id, personId: api.personIds.reviewer } })).map(
        (link) => link.usedAt !== null,
      );
    const { refundClient } = api.deps;
    const { decide: tell } = refundClient;
    refundClient.decide = async (...decision) => {
      await tell(...decision);
      throw new EngineUnavailable('Its answer was lost.');
    };
    const approval = { decision: 'approve', reason: 'seen', code };
    try {
      const lost = await submit(token, approval);
      expect([lost.status, lost.text]).toEqual([503, expect.stringContaining('may have counted')]);
    } finally {
      refundClient.decide = tell;
    }
    expect((await open(token)).text).toContain('has been used');
    expect(await usedAt()).toEqual([false]);
    for (const told of [1, 2]) {
      const { status, text } = await submit(token, approval);
      expect([told, status, text]).toEqual([told, 200, expect.stringContaining('Your approval counts')]);
      expect(await usedAt()).toEqual([true]);
    }
    // As when the process died before it marked the link; and this time the person has changed their mind, too late.
    await api.db.decisionLink.updateMany({ where: { refundId: id }, data: { usedAt: null } });
    expect((await eventsOf(id)).map(({ type }) => type)).not.toContain('refund.link_refused');
    const contrary = await submit(token, { decision: 'decline', reason: 'no', code });
    expect([contrary.status, contrary.text]).toEqual([410, expect.stringContaining('has been used')]);
    expect(await usedAt()).toEqual([true]);
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(1);
  });

  it('that was refused for what has passed since counts then, and its refusals are worded whole', async () => {
    const { id } = await api.accept(10_000);
    const { token, code } = await letterTo('reviewer', id);
    await api.post('reviewer2', `/v1/tasks/${id}/first_review/claim`, {});
    for (const reason of ['', 'seen', '']) {
      const { status, text } = await submit(token, { decision: 'approve', reason, code });
      expect([status, text]).toEqual([409, expect.stringContaining('Stage first_review is taken')]);
      expect(text).not.toContain('{');
    }
    await api.post('reviewer2', `/v1/tasks/${id}/first_review/release`, {});
    const { status, text } = await submit(token, { decision: 'approve', code });
    expect([status, text]).toEqual([200, expect.stringContaining('Your approval counts')]);
  });

  it('has five guesses at its code, however many come at once, and an address has its own limit', async () => {
    const { id } = await api.accept(10_000);
    const { token, code } = await letterTo('reviewer', id);
    const wrong = (n: number) => String((Number(code) + n) % 1_000_000).padStart(6, '0');
    const guesses = await Promise.all(
      [...Array(20).keys()].map(async (n) => (await submit(token, { decision: 'approve', code: wrong(n + 1) })).status),
    );
    expect(guesses.toSorted()).toEqual([...Array(4).fill(400), ...Array(16).fill(410)]);
    const dead = await submit(token, { decision: 'approve', code });
    expect([dead.status, dead.text]).toEqual([410, expect.stringContaining('Too many wrong codes')]);
    expect(await api.db.auditEvent.count({ where: { refundId: id, type: 'refund.link_code_refused' } })).toBe(5);
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(0);

    const guarded = createApp({ ...api.deps, config: { ...api.deps.config, failedLoginLimit: 2 } });
    const guess = () => request(guarded).get(`/decide/${'A'.repeat(43)}`);
    expect([(await guess()).status, (await guess()).status]).toEqual([404, 404]);
    const stopped = await guess();
    expect([stopped.status, stopped.type, stopped.text]).toEqual([
      429,
      'text/html',
      expect.stringContaining('Too many requests'),
    ]);
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('has a link that guesses kill, that time kills, and that every change kills', async () => {
    const { id } = await api.accept(10_000);
    const guessed = await letterTo('reviewer', id);
    const wrong = String((Number(guessed.code) + 1) % 1_000_000).padStart(6, '0');
    const guesses: number[] = [];
    for (let n = 0; n < 5; n += 1)
      guesses.push((await submit(guessed.token, { decision: 'approve', code: wrong })).status);
    expect(guesses).toEqual([400, 400, 400, 400, 410]);
    const dead = await submit(guessed.token, { decision: 'approve', code: guessed.code });
    expect([dead.status, dead.text]).toEqual([410, expect.stringContaining('Too many wrong codes')]);

    const { id: old } = await api.accept(10_000);
    const expired = await letterTo('reviewer', old);
    await api.db.$executeRaw`
      UPDATE decision_links SET created_at = now() - interval '4 days', expires_at = now() - interval '1 day'
      WHERE refund_id = ${old}`;
    const late = await submit(expired.token, { decision: 'approve', code: expired.code });
    expect([late.status, late.text]).toEqual([410, expect.stringContaining('has expired')]);

    const { id: asked } = await api.accept(10_000);
    const before = await letterTo('reviewer', asked);
    await decide('reviewer2', asked, 'first_review', { decision: 'request_info', reason: 'which armrest?' });
    expect((await submit(before.token, { decision: 'approve', code: before.code })).status).toBe(410);
    await api.post('customer', `/v1/refunds/${asked}/information`, {
      note: 'the left',
      description: 'the left armrest',
    });
    const changed = await submit(before.token, { decision: 'approve', code: before.code });
    expect([changed.status, changed.text]).toEqual([410, expect.stringContaining('not as it was')]);
    const after = await letterTo('reviewer', asked);
    expect((await submit(after.token, { decision: 'approve', code: after.code })).status).toBe(200);

    expect((await open('A'.repeat(43))).status).toBe(404);
    expect((await submit('short', { decision: 'approve', code: '123456' })).status).toBe(404);
  });

  it('is not offered above the step-up amount, nor to somebody excluded, and rules of duties hold by letter too', async () => {
    const { id } = await api.accept(20_001);
    expect(await lettersAbout(id)).toEqual([]);
    const { id: declined } = await api.accept(10_000);
    const letter = await letterTo('reviewer', declined);
    // Somebody who stands in for them has entered it meanwhile, as far as the record says.
    await api.db.$executeRaw`
      UPDATE refunds SET process = jsonb_set(process, '{excluded}',
        ${JSON.stringify([{ personId: api.personIds.reviewer, rule: 'requester' }])}::jsonb) WHERE id = ${declined}`;
    const refused = await submit(letter.token, { decision: 'approve', code: letter.code });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('requester')]);
    expect(await statusOf(declined)).toBe('in_review');
  });
});
