import request from 'supertest';
import { judgeDecision, type DecisionFacts, type Delegation } from '../../domain/approval';
import type { Actor, ExclusionRule, ProcessState } from '../../domain/refund';
import { createApiKey, newId } from '../../store';
import { openRefundApi, type RefundApi } from './support/refund-api';

// The whole matrix of separation of duties. The table below says what must come out; the API (by what Postgres holds), the
// domain (by facts made here) and the list of tasks (by SQL) are three answers to the same question, and must agree with it.

const ROLES = ['agent', 'reviewer', 'second_reviewer', 'approver', 'finance', 'auditor', 'admin'] as const;
const RELATIONS = [
  'none',
  'requester',
  'key_owner',
  'key_creator',
  'is_customer',
  'earlier_stage',
  'earlier_decision',
  'delegator',
] as const;
const DELEGATIONS = ['none', 'delegate_of_eligible', 'delegate_of_excluded', 'delegator_of_excluded'] as const;
const RUNGS = ['before_due', 'next_role_called'] as const;
const KEYS = ['person', 'system', 'customer'] as const;

interface Case {
  role: (typeof ROLES)[number];
  /** Of the person to the refund. */
  relation: (typeof RELATIONS)[number];
  delegation: (typeof DELEGATIONS)[number];
  /** How far the ladder of the first stage, a reviewer's, has come. */
  rung: (typeof RUNGS)[number];
  key: (typeof KEYS)[number];
}
type Verdict = 'may decide' | 'not_your_stage' | `same_person ${ExclusionRule}`;

/** The first row whose every column holds the value of the case is the verdict; a column that is absent holds all. */
const TABLE: [{ [Column in keyof Case]?: readonly Case[Column][] }, Verdict][] = [
  [{ key: ['system', 'customer'] }, 'not_your_stage'],
  [
    { role: ['agent', 'approver', 'finance', 'auditor', 'admin'], delegation: ['none', 'delegator_of_excluded'] },
    'not_your_stage',
  ],
  [
    { role: ['second_reviewer'], rung: ['before_due'], delegation: ['none', 'delegator_of_excluded'] },
    'not_your_stage',
  ],
  [{ relation: ['requester'] }, 'same_person requester'],
  [{ relation: ['key_owner'] }, 'same_person key_owner'],
  [{ relation: ['key_creator'] }, 'same_person key_creator'],
  [{ relation: ['is_customer'] }, 'same_person is_customer'],
  [{ relation: ['earlier_stage'] }, 'same_person earlier_stage'],
  [{ relation: ['earlier_decision'] }, 'same_person earlier_decision'],
  [{ relation: ['delegator'] }, 'same_person delegator'],
  [{ delegation: ['delegate_of_excluded'] }, 'same_person delegate'],
  [{ delegation: ['delegator_of_excluded'] }, 'same_person delegator'],
  [{}, 'may decide'],
];

function expected(given: Case): Verdict {
  const row = TABLE.find(([columns]) =>
    Object.entries(columns).every(([column, values]) =>
      (values as readonly string[]).includes(given[column as keyof Case]),
    ),
  );
  if (!row) throw new Error('The table has no last row.');
  return row[1];
}

/** Somebody for every role, relation and delegation: the same person whatever the rung and the key. */
interface Someone extends Pick<Case, 'role' | 'relation' | 'delegation'> {
  id: string;
  key: string;
}

const STAGE = 'first_review';
const HOUR_MS = 3_600_000;
/** Hundreds of requests, on a machine that has other work. */
const MANY_REQUESTS_MS = 400_000;
let api: RefundApi;
let people: Someone[] = [];
const systemKeys = new Map<string, string>();
const delegations: Delegation[] = [];
const refunds = {} as Record<Case['rung'], { id: string; process: ProcessState; acceptedAt: string }>;

beforeAll(async () => {
  api = await openRefundApi();
  const now = new Date();
  people = ROLES.flatMap((role) =>
    RELATIONS.flatMap((relation) =>
      DELEGATIONS.map((delegation) => ({ role, relation, delegation, id: newId('pn'), key: '' })),
    ),
  );
  // Each delegator has one delegation at a time, so each delegate has one of their own.
  const others = new Map(
    people.filter(({ delegation }) => delegation !== 'none').map(({ id }) => [id, newId('pn')] as const),
  );
  const excludedOthers = people
    .filter(({ delegation }) => delegation === 'delegate_of_excluded' || delegation === 'delegator_of_excluded')
    .map(({ id }) => others.get(id) ?? '');
  const write = (id: string, role: string) => ({
    person: { id, mode: 'test' as const, externalId: id, name: 'n', email: 'n@example.com', createdAt: now },
    role: { personId: id, mode: 'test' as const, role, grantedAt: now },
  });
  const rows = [
    ...people.map(({ id, role }) => write(id, role)),
    ...[...others.values()].map((id) => write(id, 'reviewer')),
  ];
  await api.db.person.createMany({ data: rows.map(({ person }) => person) });
  await api.db.personRole.createMany({ data: rows.map(({ role }) => role) });
  for (const someone of people) {
    const other = others.get(someone.id);
    if (other === undefined) continue;
    const lends = someone.delegation === 'delegator_of_excluded';
    const [delegatorId, delegateId] = lends ? [someone.id, other] : [other, someone.id];
    delegations.push({
      id: newId('cm'),
      delegatorId,
      delegateId,
      fromAt: new Date(now.getTime() - HOUR_MS).toISOString(),
      endsAt: new Date(now.getTime() + 24 * HOUR_MS).toISOString(),
      cap: null,
      roles: [lends ? someone.role : 'reviewer'],
    });
  }
  await api.db.delegation.createMany({
    data: delegations.map(({ id, delegatorId, delegateId, fromAt, endsAt }) => ({
      id,
      mode: 'test',
      delegatorId,
      delegateId,
      fromAt: new Date(fromAt),
      untilAt: new Date(endsAt),
      createdBy: delegatorId,
      createdAt: now,
    })),
  });
  for (const rung of RUNGS) {
    const { id } = await api.accept(600_000);
    const row = await api.db.refund.findUniqueOrThrow({ where: { id } });
    const process = row.process as unknown as ProcessState;
    if (rung === 'next_role_called') process.stage?.roles.push('second_reviewer');
    process.excluded = [
      ...people.flatMap(({ id: personId, relation }) => (relation === 'none' ? [] : [{ personId, rule: relation }])),
      ...excludedOthers.map((personId) => ({ personId, rule: 'requester' as const })),
    ];
    await api.db.refund.update({ where: { id }, data: { process: process as object } });
    await api.db.stage.updateMany({
      where: { refundId: id, status: 'open' },
      data: { roles: process.stage?.roles ?? [] },
    });
    refunds[rung] = { id, process, acceptedAt: row.createdAt.toISOString() };
  }
  const keyOf = (holder: Parameters<typeof createApiKey>[1]['holder']) =>
    createApiKey(api.db, { mode: 'test', name: 'k', holder, creatorPersonId: null, expiresAt: null }, now);
  for (const someone of people) someone.key = await keyOf({ kind: 'person', personId: someone.id });
  for (const role of ROLES)
    systemKeys.set(role, await keyOf({ kind: 'system', roles: [role], ownerPersonId: api.personIds.admin }));
}, MANY_REQUESTS_MS);
afterAll(() => api.close());

const cases = (rung: Case['rung'], key: Case['key']): [Someone, Case][] =>
  people.map((someone) => {
    const { role, relation, delegation } = someone;
    return [someone, { role, relation, delegation, rung, key }];
  });
const named = ({ role, relation, delegation }: Case): string => `${role}, ${relation}, ${delegation}`;

/** A verdict by a refusal; that what was seen is stale comes after all that is asked here, and decides nothing. */
function verdictOf(refusal: { code?: string; rule?: unknown } | null): string {
  if (refusal?.code === 'stale_snapshot') return 'may decide';
  return refusal?.code === 'same_person' ? `same_person ${String(refusal.rule)}` : String(refusal?.code);
}

async function ask(rung: Case['rung'], bearer: string, idempotencyKey: string): Promise<string> {
  const { body } = await request(api.app)
    .post(`/v1/refunds/${refunds[rung].id}/decisions`)
    .set('Authorization', `Bearer ${bearer}`)
    .set('Idempotency-Key', idempotencyKey)
    .send({ stage: STAGE, decision: 'approve', snapshotVersion: 99 });
  return verdictOf(body);
}

const grid = RUNGS.flatMap((rung) => KEYS.map((key) => [rung, key] as const));

describe.each(grid)('%s, with the key of a %s', (rung, key) => {
  const wanted = (): Record<string, Verdict> =>
    Object.fromEntries(cases(rung, key).map(([, given]) => [named(given), expected(given)]));

  it('the domain says what the table says', () => {
    const { process, acceptedAt } = refunds[rung];
    const facts: DecisionFacts = { currency: 'CNY', acceptedAt, delegations, claim: null };
    const said = cases(rung, key).map(([{ id }, given]) => {
      const roles = key === 'customer' ? ['customer'] : [given.role];
      const actor: Actor = { kind: key, id: 'key', personId: key === 'person' ? id : null, roles };
      const content = { stage: STAGE, decision: 'approve', snapshotVersion: 99, approvedAmountMinor: null } as const;
      const known = { maxCorrectionRounds: 2, at: new Date().toISOString(), facts };
      const refusal = judgeDecision(process, actor, content, known);
      return [named(given), verdictOf(refusal && { code: refusal.code, rule: refusal.data['rule'] })];
    });
    expect(Object.fromEntries(said)).toEqual(wanted());
  });

  it(
    'the API says what the table says',
    async () => {
      const said: [string, string][] = [];
      /** Keys that are no person's are the same in many cases: all that the API sees of those is the key. */
      const answered = new Map<string, string>();
      for (const [someone, given] of cases(rung, key)) {
        const bearer =
          { person: someone.key, system: systemKeys.get(given.role), customer: api.keys.customer }[key] ?? '';
        const verdict = answered.get(bearer) ?? (await ask(rung, bearer, `${key}-${someone.id}`));
        answered.set(bearer, verdict);
        said.push([named(given), verdict]);
      }
      expect(Object.fromEntries(said)).toEqual(wanted());
    },
    MANY_REQUESTS_MS,
  );
});

it(
  'the tasks of a person are exactly what they may decide, and say in whose place',
  async () => {
    for (const someone of people) {
      const { body } = await request(api.app)
        .get('/v1/tasks?limit=100')
        .set('Authorization', `Bearer ${someone.key}`)
        .expect(200);
      const listed = new Map(
        (body.data as { refundId: string; why: string }[]).map((task) => [task.refundId, task.why]),
      );
      for (const rung of RUNGS) {
        const given: Case = { ...someone, rung, key: 'person' };
        const isOwn =
          someone.role === 'reviewer' || (rung === 'next_role_called' && someone.role === 'second_reviewer');
        const why = isOwn ? (someone.role === 'reviewer' ? 'role' : 'escalation') : 'delegation';
        expect([named(given), rung, listed.get(refunds[rung].id)]).toEqual([
          named(given),
          rung,
          expected(given) === 'may decide' ? why : undefined,
        ]);
      }
    }
  },
  MANY_REQUESTS_MS,
);
