import { Client } from 'pg';
import defaultPolicy from '../../prisma/seed/default-policy.json';
import { simulatePolicy } from '../../api/simulate-policy';
import { parsePolicy } from '../../domain/policy';
import { draftPolicy, newId, publishPolicy, putOrder } from '../../store';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

const DAY_MS = 86_400_000;
const ACCEPTED_AT = new Date();
const NOW = new Date(ACCEPTED_AT.getTime() + 60_000);
const daysAgo = (days: number): string => new Date(ACCEPTED_AT.getTime() - days * DAY_MS).toISOString();
const PERIOD = { from: daysAgo(1), to: new Date(ACCEPTED_AT.getTime() + 1_000).toISOString() };
const STAGES = defaultPolicy.stages.map(({ id }) => id);
const label = { en: 'A special case', 'zh-CN': '特殊情况' };
const route = (id: string, when: string, stageIds: string[], tier = 'large') => ({ id, label, when, tier, stageIds });

/** What is in force while the cases are accepted; another one was when the older orders were placed. */
const VERSION_2 = {
  ...defaultPolicy,
  version: 2,
  effectiveFrom: daysAgo(30),
  routes: [
    route('phone', 'refund.channel == "phone" && refund.amountMinor > 5000', ['first_review', 'final_approval']),
    route('heavy', 'lines.exists(line, has(line.attributes.grams) && line.attributes.grams > 1000)', STAGES),
    route('beijing', 'order.branch == "beijing-1" && order.ageDays > 40', ['second_review'], 'medium'),
    route('dated', 'refund.reasonCode == "other" && lines.all(line, line.attributes.bestBefore > 20)', [
      'first_review',
    ]),
  ],
  automaticApprovals: [{ id: 'tiny', label, when: 'refund.reasonCode == "quality"', maxMinor: { CNY: 900 } }],
  ineligible: [
    ...defaultPolicy.ineligible,
    {
      id: 'toys',
      texts: { en: 'Toys stay.', 'zh-CN': '玩具不退。' },
      reasonCodes: ['changed_mind'],
      when: { kind: 'notRefundableCategories', categories: ['toys'] },
    },
  ],
};

interface Line {
  category: string;
  attributes: Record<string, string | number | boolean>;
}
interface Case {
  placedDaysAgo?: number;
  branch?: string;
  lines?: Line[];
  /** Requests one after the other on the same order. */
  asked: {
    amountMinor: number;
    reasonCode?: string;
    channel?: string;
    description?: string;
    lines?: string[];
    stages: number;
    /** By which the machine decided. */
    clause?: string;
  }[];
}
const sofa: Line = { category: 'furniture', attributes: {} };
const custom: Line = { category: 'furniture', attributes: { customMade: true } };
const heavy: Line = { category: 'furniture', attributes: { grams: 40_000 } };
const toy: Line = { category: 'toys', attributes: {} };
const milk: Line = { category: 'fresh_food', attributes: { bestBefore: 21 } };

/** Each with what the policies of its days say of it, worked out by hand. */
const CASES: Case[] = [
  { asked: [{ amountMinor: 5_000, stages: 1 }] },
  { asked: [{ amountMinor: 12_000, stages: 1 }] },
  { asked: [{ amountMinor: 19_999, stages: 1 }] },
  { asked: [{ amountMinor: 20_000, stages: 2 }] },
  { asked: [{ amountMinor: 500_001, stages: 3 }] },
  { asked: [{ amountMinor: 900, stages: 0, clause: 'tiny' }] },
  { asked: [{ amountMinor: 800, reasonCode: 'wrong_item', stages: 1 }] },
  // The limit of what the machine approves is that of the order.
  {
    asked: [
      { amountMinor: 700, stages: 0, clause: 'tiny' },
      { amountMinor: 300, stages: 1 },
    ],
  },
  // Many small ones are one large one.
  { asked: [9_000, 9_500, 9_700].map((amountMinor, i) => ({ amountMinor, stages: i === 2 ? 2 : 1 })) },
  { asked: [{ amountMinor: 6_000, channel: 'phone', stages: 2 }] },
  { asked: [{ amountMinor: 4_000, channel: 'phone', stages: 1 }] },
  { lines: [sofa, heavy], asked: [{ amountMinor: 1_000, stages: 3 }] },
  { lines: [sofa, heavy], asked: [{ amountMinor: 1_000, lines: ['L1'], stages: 1 }] },
  { placedDaysAgo: 50, branch: 'beijing-1', asked: [{ amountMinor: 700_000, stages: 1 }] },
  { placedDaysAgo: 20, branch: 'beijing-1', asked: [{ amountMinor: 700_000, stages: 3 }] },
  { lines: [milk], asked: [{ amountMinor: 3_000, reasonCode: 'other', description: '包装破损了', stages: 1 }] },
  // Nobody can say: it goes to all.
  { asked: [{ amountMinor: 3_000, reasonCode: 'other', description: '包装破损了', stages: 3 }] },
  { lines: [custom], asked: [{ amountMinor: 3_000, reasonCode: 'changed_mind', stages: 0, clause: 'custom-made' }] },
  { lines: [custom, sofa], asked: [{ amountMinor: 3_000, reasonCode: 'changed_mind', stages: 1 }] },
  {
    lines: [custom, sofa],
    asked: [{ amountMinor: 3_000, reasonCode: 'changed_mind', lines: ['L1'], stages: 0, clause: 'custom-made' }],
  },
  {
    placedDaysAgo: 10,
    lines: [toy],
    asked: [{ amountMinor: 3_000, reasonCode: 'changed_mind', stages: 0, clause: 'toys' }],
  },
  // Bought before toys were ruled out.
  { placedDaysAgo: 40, lines: [toy], asked: [{ amountMinor: 3_000, reasonCode: 'changed_mind', stages: 1 }] },
  { placedDaysAgo: 1_200, asked: [{ amountMinor: 3_000, stages: 0, clause: 'order-too-old' }] },
];
const asked = CASES.flatMap((one) => one.asked);
const isApproved = ({ clause }: { clause?: string }): boolean => clause === 'tiny';
const isDeclined = (one: { clause?: string }): boolean => one.clause !== undefined && !isApproved(one);
const sumOf = (some: typeof asked): number => some.reduce((sum, { amountMinor }) => sum + amountMinor, 0);

let api: RefundApi;
/** By the place in `asked`. */
const refundIds: string[] = [];
let version2: string;

beforeAll(async () => {
  api = await openRefundApi();
  api.deps.clock = () => ACCEPTED_AT;
  const { name, version, effectiveFrom } = VERSION_2;
  await publishPolicy(api.db, 'test', { name, version, effectiveFrom, document: VERSION_2 }, ACCEPTED_AT);
  ({ id: version2 } = await api.db.policy.findFirstOrThrow({ where: { version: 2 } }));
  for (const [i, one] of CASES.entries()) await acceptAll(`S-${i}`, one);
  api.deps.clock = () => NOW;
}, 120_000);
afterAll(() => api.close());

async function acceptAll(orderExternalId: string, one: Case): Promise<void> {
  await order(orderExternalId, one);
  for (const { amountMinor, lines, stages, clause, channel = 'online', ...said } of one.asked) {
    const body = {
      orderExternalId,
      amountMinor,
      currency: 'CNY',
      reasonCode: 'quality',
      description: '左侧扶手断裂',
      channel,
      ...(lines ? { lines: lines.map((externalId) => ({ externalId, quantity: 1 })) } : {}),
      ...said,
    };
    const { status, body: refund } = await api.post('agent', '/v1/refunds', body);
    // What the live engine says is what was worked out by hand, or the simulation would be compared with a mistake.
    const open = clause === undefined ? refund.plan?.length : 0;
    expect([orderExternalId, status, open, refund.clause ?? undefined]).toEqual([orderExternalId, 202, stages, clause]);
    refundIds.push(refund.id);
  }
}

const order = (externalId: string, { placedDaysAgo = 5, branch = 'shanghai-1', lines = [sofa] }: Omit<Case, 'asked'>) =>
  putOrder(
    api.db,
    'test',
    externalId,
    {
      customer: { externalId: 'C-customer', name: '王小明', email: 'customer@example.com', locale: 'zh-CN' },
      currency: 'CNY',
      shippingMinor: 0,
      placedAt: daysAgo(placedDaysAgo),
      branch,
      lines: lines.map((line, i) => ({
        externalId: `L${i + 1}`,
        sku: 'S',
        name: 'Thing',
        quantity: 1,
        unitPriceMinor: 1_000_000,
        discountMinor: 0,
        taxMinor: 0,
        ...line,
      })),
      payments: [
        {
          externalId: 'P-1',
          provider: 'stripe',
          providerPaymentId: `pi_${externalId}`,
          merchantAccount: 'default',
          method: 'bank_card',
          amountMinor: 3_000_000,
          currency: 'CNY',
          capturedAt: daysAgo(placedDaysAgo),
        },
      ],
    },
    ACCEPTED_AT,
  );

const simulate = (id: string, body: object = {}, key: KeyName = 'admin') =>
  api.post(key, `/v1/policies/${id}/simulate`, { ...PERIOD, ...body });

let lastVersion = 2;
/** A draft by an administrator, as they would make it. */
async function draft(changes: object): Promise<string> {
  const document = {
    ...VERSION_2,
    version: (lastVersion += 1),
    effectiveFrom: new Date(NOW.getTime() + DAY_MS).toISOString(),
    ...changes,
  };
  const { status, body } = await api.post('admin', '/v1/policies', { document, changeNote: 'A trial.' });
  expect([status, body.code]).toEqual([201, undefined]);
  return body.id;
}

/** Refunds whose request is one of these, by the place in `asked`. */
const refundsWhere = (test: (request: (typeof asked)[number], i: number) => boolean): string[] =>
  refundIds.filter((_, i) => asked[i] !== undefined && test(asked[i], i)).toSorted();
const shownIds = (body: { differences: { shown: { refundId: string }[] } }): string[] =>
  body.differences.shown.map(({ refundId }) => refundId).toSorted();

describe('the version that judged the refunds', () => {
  it('judges each of them again as the live engine did', async () => {
    const { status, body } = await simulate(version2, { eligibilityBy: 'version_at_purchase' });
    expect([status, body.code]).toEqual([200, undefined]);
    expect(body.differences).toEqual({
      total: 0,
      byChange: { outcome: 0, clause: 0, refusal: 0, tier: 0, stages: 0 },
      shown: [],
    });
    expect(body.cases).toBe(asked.length);
    expect(body.approximated).toEqual({ cases: 0, facts: [] });
    const [approved, declined] = [asked.filter(isApproved).length, asked.filter(isDeclined).length];
    const people = asked.length - approved - declined;
    expect(body.outcomes).toEqual({ people, approved, declined, refused: 0 });
    expect(body.autoRate).toBeCloseTo((approved + declined) / asked.length, 4);
    const perPlan = (stages: number): number => asked.filter((one) => one.stages === stages).length;
    const counted = (stages: number): number =>
      body.stagePlans
        .filter((plan: { stages: object[] }) => plan.stages.length === stages)
        .reduce((sum: number, plan: { cases: number }) => sum + plan.cases, 0);
    expect([1, 2, 3].map(counted)).toEqual([1, 2, 3].map(perPlan));
    expect(body.unanswered).toEqual([{ rule: 'dated', cases: 1 }]);
    expect(body.clauses).toContainEqual({ outcome: 'declined', clause: 'custom-made', cases: 2 });
    expect(body.clauses).toContainEqual({ outcome: 'approved', clause: 'tiny', cases: 2 });
    expect(body.routes).toContainEqual({ route: 'phone', cases: 1 });
  });

  it('differs, taken for every purchase, in what was bought before it alone', async () => {
    const { body } = await simulate(version2);
    expect(shownIds(body)).toEqual([refundIds[refundIds.length - 2]]);
    expect(body.differences.shown[0]).toMatchObject({
      changes: ['outcome'],
      before: {
        outcome: 'people',
        clause: null,
        tier: 'small',
        stages: [{ stage: 'first_review', role: 'reviewer' }],
      },
      after: { outcome: 'declined', clause: 'toys', stages: [] },
    });
  });

  it('is the policy in force, so it does not differ from that', async () => {
    for (const eligibilityBy of ['this_version', 'version_at_purchase']) {
      const { body } = await simulate(version2, { against: 'in_force', eligibilityBy });
      expect([body.againstPolicyVersion, body.differences.total]).toEqual(['default@2', 0]);
    }
  });

  it('judges by the facts of acceptance, whatever the shop has said of the orders since', async () => {
    for (const [i, one] of CASES.entries())
      await order(`S-${i}`, { ...one, branch: 'beijing-1', lines: (one.lines ?? [sofa]).map(() => heavy) });
    const { body } = await simulate(version2, { eligibilityBy: 'version_at_purchase' });
    expect([body.cases, body.differences.total]).toEqual([asked.length, 0]);
    for (const [i, one] of CASES.entries()) await order(`S-${i}`, one);
  });
});

describe('a draft', () => {
  it('differs in exactly the cases that it is about', async () => {
    const [small, ...larger] = defaultPolicy.thresholds.CNY;
    const id = await draft({ thresholds: { CNY: [{ ...small, upToMinor: 11_999 }, ...larger] } });
    const { body } = await simulate(id, { eligibilityBy: 'version_at_purchase' });
    // The second on one order takes it to 18,500.
    const expected = refundsWhere(({ amountMinor }) => [12_000, 19_999, 9_500].includes(amountMinor));
    expect(expected).toHaveLength(3);
    expect([body.differences.total, shownIds(body)]).toEqual([3, expected]);
    expect(body.differences.byChange).toMatchObject({ tier: 3, stages: 3, outcome: 0 });
    expect(body.differences.shown[0]).toMatchObject({
      before: { tier: 'small', stages: [{ stage: 'first_review' }] },
      after: { tier: 'medium', stages: [{ stage: 'first_review' }, { stage: 'second_review' }] },
    });
    const inForce = await simulate(id, { against: 'in_force' });
    expect([inForce.body.againstPolicyVersion, shownIds(inForce.body)]).toEqual(['default@2', expected]);
    expect((await api.get('admin', `/v1/policies/${id}`)).body.state).toBe('draft');
  });

  it('that lets the machine approve more differs in what people decided before, by its rule', async () => {
    const [tiny] = VERSION_2.automaticApprovals;
    const id = await draft({ automaticApprovals: [{ ...tiny, maxMinor: { CNY: 5_000 } }] });
    const { body } = await simulate(id, { eligibilityBy: 'version_at_purchase' });
    const expected = refundsWhere(
      ({ amountMinor, reasonCode, channel, stages }, i) =>
        stages === 1 &&
        reasonCode === undefined &&
        ([300, 5_000].includes(amountMinor) ||
          channel === 'phone' ||
          (amountMinor === 1_000 && !linesOf(i).includes(heavy))),
    );
    expect(expected).toHaveLength(4);
    expect([shownIds(body), body.differences.byChange.outcome]).toEqual([expected, 4]);
    expect(body.differences.shown[0]).toMatchObject({
      before: { outcome: 'people', clause: null },
      after: { outcome: 'approved', clause: 'tiny', stages: [] },
    });
  });

  it('that asks other persons or gives other time differs where that stage decides', async () => {
    const [first, second, final] = VERSION_2.stages;
    const id = await draft({ stages: [first, second, { ...final, quorum: 2 }] });
    const { body } = await simulate(id, { against: 'in_force' });
    const asksFinal = refundsWhere(({ stages, channel }) => stages === 3 || (channel === 'phone' && stages === 2));
    expect([shownIds(body), body.differences.byChange.stages]).toEqual([asksFinal, asksFinal.length]);
    const later = await draft({
      stages: [first, second, { ...final, clock: { ...final?.clock, dueBusinessDays: 9 } }],
    });
    expect(shownIds((await simulate(later, { against: 'in_force' })).body)).toEqual(asksFinal);
  });

  it('whose condition fails when it is asked sends those cases to every stage and names the rule', async () => {
    const fragile = route(
      'fragile',
      'lines.exists(line, line.attributes.customMade == true)',
      ['first_review'],
      'small',
    );
    const id = await draft({ routes: [fragile] });
    const { body } = await simulate(id, { eligibilityBy: 'version_at_purchase', limit: 500 });
    const unanswered = body.unanswered.find((one: { rule: string }) => one.rule === 'fragile').cases;
    // Only where a line says so is there an answer.
    const answered = asked.filter((_, i) => linesOf(i).some((line) => line === custom)).length;
    expect(unanswered).toBe(asked.length - answered);
    for (const { after } of body.differences.shown.filter(
      (one: { after: { unanswered: string[]; outcome: string } }) =>
        one.after.unanswered.length > 0 && one.after.outcome === 'people',
    ))
      expect([after.tier, after.stages.length]).toEqual(['large', 3]);
    const people = body.stagePlans.find((plan: { stages: object[] }) => plan.stages.length === 3).cases;
    expect(people).toBe(unanswered - asked.filter((one, i) => isDeclined(one) && !linesOf(i).includes(custom)).length);
  });

  it('that does not know a reason says so of the requests that it would not take', async () => {
    const reasonCodes = defaultPolicy.reasonCodes.filter(({ code }) => code !== 'other');
    const { body } = await simulate(await draft({ reasonCodes, routes: [] }), { against: 'in_force' });
    expect(body.refusals).toEqual([{ refusal: 'unknown_reason', cases: 2 }]);
    expect(body.outcomes.refused).toBe(2);
    expect(body.money).toMatchObject([{ currency: 'CNY', refusedMinor: 6_000 }]);
  });

  it('counts money and work, each case once', async () => {
    const { body } = await simulate(await draft({ routes: [] }), { eligibilityBy: 'version_at_purchase' });
    const [{ approvedMinor, declinedMinor, refusedMinor, peopleMinor }] = body.money;
    const { small, medium, large } = peopleMinor;
    expect(approvedMinor + declinedMinor + refusedMinor + small + medium + large).toBe(sumOf(asked));
    expect([approvedMinor, declinedMinor]).toEqual([sumOf(asked.filter(isApproved)), sumOf(asked.filter(isDeclined))]);
    const [reviewer] = body.load.roles;
    const { days } = body.load;
    // All of them came in one hour of one day.
    expect(reviewer).toMatchObject({ role: 'reviewer', openings: body.outcomes.people });
    expect(reviewer.hours).toEqual([
      expect.objectContaining({
        openings: reviewer.openings,
        peak: reviewer.openings,
        meanPerDay: Math.round((100 * reviewer.openings) / days) / 100,
      }),
    ]);
    expect(body.load.timeZone).toBe('Asia/Shanghai');
  });
});

const linesOf = (place: number): Line[] => {
  const of = CASES.flatMap((one) => one.asked.map((request) => ({ one, request })))[place];
  const lines = of?.one.lines ?? [sofa];
  return of?.request.lines ? lines.filter((_, i) => of.request.lines?.includes(`L${i + 1}`)) : lines;
};

describe('asking for a simulation', () => {
  it('keeps nothing and needs no idempotency key', async () => {
    const traces = () =>
      Promise.all([
        api.db.refund.findMany({ orderBy: { id: 'asc' } }),
        api.db.policy.findMany({ orderBy: { id: 'asc' } }),
        api.db.command.count(),
        api.db.auditEvent.count(),
        api.db.message.count(),
      ]);
    const before = await traces();
    const { status } = await simulate(version2, { against: 'in_force' });
    expect([status, await traces()]).toEqual([200, before]);
  });

  it('shows as many differences as are asked for, the newest first, and counts all', async () => {
    const id = await draft({ thresholds: {}, routes: [] });
    const all = await simulate(id, { limit: 500 });
    const { total } = all.body.differences;
    expect(all.body.differences.shown).toHaveLength(total);
    const few = await simulate(id, { limit: 2 });
    expect(few.body.differences).toMatchObject({ total, shown: all.body.differences.shown.slice(0, 2) });
    expect((await simulate(id, { limit: 0 })).body.differences).toMatchObject({ total, shown: [] });
  });

  it('is narrowed by branch, currency and period', async () => {
    const count = async (body: object): Promise<number> => (await simulate(version2, body)).body.cases;
    expect(await count({ branch: 'beijing-1' })).toBe(2);
    expect(await count({ currency: 'USD' })).toBe(0);
    expect(await count({ from: daysAgo(9), to: daysAgo(8) })).toBe(0);
    expect((await simulate(version2, { currency: 'USD' })).body.autoRate).toBeNull();
  });

  it.each<[string, object, string, string]>([
    ['a period that ends before it begins', { from: PERIOD.to, to: PERIOD.from }, 'to', 'period_empty'],
    ['a period that is not over', { to: NOW.toISOString() }, 'to', 'period_not_over'],
    ['more than a year', { from: daysAgo(367) }, 'from', 'period_too_long'],
    ['no beginning', { from: undefined }, 'from', 'required'],
    ['a currency that is none', { currency: 'XXQ' }, 'currency', 'unknown_currency'],
    ['a comparison that is none', { against: 'yesterday' }, 'against', 'invalid_value'],
    ['too many differences', { limit: 501 }, 'limit', 'too_big'],
    ['a field that is none', { form: PERIOD.from }, 'form', 'unknown_field'],
  ])('refuses %s', async (_what, body, path, code) => {
    const refused = await simulate(version2, body);
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request']);
    expect(refused.body.errors).toEqual([expect.objectContaining({ path, code })]);
  });

  it('is for administrators and auditors', async () => {
    expect((await simulate(version2, {}, 'auditor')).status).toBe(200);
    for (const key of ['reviewer', 'finance', 'agent', 'integrator', 'customer'] as const)
      expect((await simulate(version2, {}, key)).body.code).toBe('forbidden');
  });

  it('finds no version of the other mode, and none that is not there', async () => {
    const id = newId('po');
    const act = {
      mode: 'live',
      personId: api.personIds.admin,
      commandId: 'cm_live',
      nowIso: NOW.toISOString(),
    } as const;
    const { name, version, effectiveFrom } = VERSION_2;
    const written = { name, version, effectiveFrom, document: VERSION_2, changeNote: 'x', legalReason: null };
    expect((await draftPolicy(api.db, act, id, { ...written, reviewDueOn: null })).kind).toBe('done');
    for (const other of [id, newId('po')])
      expect((await simulate(other)).body).toMatchObject({ status: 404, code: 'policy_not_found' });
    expect((await simulate('po_1')).body.code).toBe('invalid_request');
  });

  it('needs days that somebody has certified', async () => {
    const calendar = await api.db.calendar.findFirstOrThrow({ where: { mode: 'test' } });
    const where = { mode_id: { mode: calendar.mode, id: calendar.id } };
    await api.db.calendar.update({
      where,
      data: { document: { ...(calendar.document as object), certifiedYears: [] } },
    });
    const { status, body } = await simulate(version2);
    await api.db.calendar.update({ where, data: { document: calendar.document as object } });
    expect([status, body.code]).toEqual([503, 'calendar_not_certified']);
  });

  it('waits for no other simulation: one runs at a time', async () => {
    const holder = new Client({ connectionString: api.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE refunds IN ACCESS EXCLUSIVE MODE');
    const first = simulate(version2);
    const sent = Promise.resolve(first);
    for (;;) {
      const { rowCount } = await holder.query(
        `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'refunds'::regclass`,
      );
      if (rowCount) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = await simulate(version2);
    await holder.query('ROLLBACK');
    await holder.end();
    expect([second.status, second.body.code, second.headers['retry-after']]).toEqual([409, 'simulation_running', '30']);
    expect((await sent).status).toBe(200);
    expect((await simulate(version2)).status).toBe(200);
  });

  it('is bounded in cases and in time, and ends with whoever asked', async () => {
    const simulation = {
      policy: parsePolicy(VERSION_2),
      past: { mode: 'test', fromIso: PERIOD.from, toIso: PERIOD.to, branch: null, currency: null },
      against: 'decisions',
      eligibilityBy: 'this_version',
      limit: 1,
      nowIso: NOW.toISOString(),
    } as const;
    const run = (limits: Partial<Parameters<typeof simulatePolicy>[2]>) =>
      simulatePolicy(api.db, simulation, { maxCases: 1_000, maxMs: 60_000, sliceMs: 0, ...limits });
    await expect(run({ maxCases: asked.length - 1 })).rejects.toMatchObject({
      name: 'TooManyCasesError',
      cases: asked.length,
    });
    expect((await run({ maxCases: asked.length })).report.cases).toBe(asked.length);
    await expect(run({ maxMs: 0 })).rejects.toMatchObject({ name: 'SimulationTimeError' });
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
