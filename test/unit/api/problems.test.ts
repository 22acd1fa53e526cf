import { Problem, PROBLEMS, renderProblem, type ProblemCode } from '../../../api/problems';

const entries = Object.entries(PROBLEMS);
const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted();

test.each(entries)('%s says in both languages the same facts, and what to do', (code, { status, title, detail }) => {
  expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
  expect(title['zh-CN']).toMatch(/\p{Script=Han}/u);
  expect(detail['zh-CN']).toMatch(/\p{Script=Han}/u);
  expect(placeholders(detail['zh-CN'])).toEqual(placeholders(detail.en));
});

test('a problem is filled in and rendered in the language of the reader', () => {
  const problem = new Problem('insufficient_refundable', {
    params: { refundableMinor: 500 },
    extra: { refundableMinor: 500, code: 'never this' },
  });
  const context = { requestId: 'r-1', instance: '/v1/refunds' };
  const body = renderProblem(problem, { ...context, language: 'zh-CN' });
  expect(body).toMatchObject({
    type: '/docs/problems#insufficient_refundable',
    title: '可退金额不足',
    status: 409,
    code: 'insufficient_refundable',
    refundableMinor: 500,
    instance: '/v1/refunds',
    requestId: 'r-1',
  });
  expect(body['detail']).toContain('500');
  expect(renderProblem(problem, { ...context, language: 'en' })['detail']).not.toContain('{');
});

test('what is filled in is never taken for a placeholder or a pattern', () => {
  const problem = new Problem('contradictory_facts', { params: { reason: '{reason} $& {toString}' } });
  expect(problem.message).toContain('{reason} $& {toString}');
});

test('the codes that integrators were promised are all there', () => {
  const promised: ProblemCode[] = [
    'idempotency_key_reused',
    'idempotency_in_progress',
    'idempotency_key_required',
    'stale_order',
    'payment_conflict',
    'insufficient_refundable',
    'refundable_changed',
    'order_not_found',
    'contradictory_facts',
    'resolution_not_available',
    'provider_not_configured',
    'evidence_not_found',
    'duplicate_refund',
    'too_late',
    'not_your_stage',
    'same_person',
    'stale_snapshot',
    'already_decided',
    'stage_not_open',
    'engine_unavailable',
  ];
  for (const code of promised) expect(PROBLEMS).toHaveProperty(code);
});
