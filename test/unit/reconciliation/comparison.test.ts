import fc from 'fast-check';
import {
  addDays,
  Comparison,
  coverageOf,
  DIFFERENCE_KINDS,
  dayBounds,
  dayOf,
  lookBackDays,
  type BookLine,
  type DifferenceKind,
} from '../../../domain/reconciliation';
import {
  at,
  book,
  compare,
  COVERAGE,
  crm,
  DAY,
  inOrder,
  kindsOf,
  line,
  payment,
  process,
  TIMING,
  together,
  type Facts,
} from './support';

/** One planted difference of each kind, on the refund of number n. */
const PLANTED: Record<DifferenceKind, (n: number) => Facts> = {
  missing_at_provider: (n) => ({ ...inOrder(n), lines: [] }),
  missing_in_books: (n) => ({
    ...inOrder(n),
    lines: [line(n), line(n, { key: `x${n}`, reference: null, providerRefundId: `re_elsewhere_${n}` })],
  }),
  amount_differs: (n) => ({ ...inOrder(n), lines: [line(n, { amountMinor: 7 })] }),
  currency_differs: (n) => ({ ...inOrder(n), lines: [line(n, { currency: 'USD' })] }),
  status_differs: (n) => ({ ...inOrder(n), lines: [line(n, { status: 'failed' })] }),
  duplicate_at_provider: (n) => ({ ...inOrder(n), lines: [line(n), line(n, { key: `x${n}` })] }),
  paid_twice: (n) => ({
    ...inOrder(n),
    books: [book(n, { status: 'failed' }), book(n, { reference: `R${n}B`, attempt: 2, providerRefundId: `re_${n}b` })],
    lines: [line(n), line(n, { key: `x${n}`, reference: `R${n}B`, providerRefundId: `re_${n}b` })],
  }),
  wrong_payment: (n) => ({ ...inOrder(n), lines: [line(n, { providerPaymentIds: ['pi_other'] })] }),
  time_differs_by_day: (n) => ({ ...inOrder(n), lines: [line(n, { at: at('10:00', '2026-11-01') })] }),
  workflow_disagrees: (n) => ({
    ...inOrder(n),
    processes: [process(n, { says: { status: 'payment_failed', seq: 4, legs: null } })],
  }),
  workflow_missing: (n) => ({ ...inOrder(n), processes: [process(n, { workflow: 'missing', says: null })] }),
  crm_missing: (n) => ({ ...inOrder(n), crm: [crm(n, { record: { found: false } })] }),
  crm_stale: (n) => ({ ...inOrder(n), crm: [crm(n, { syncedSeq: 2 })] }),
  ledger_unbalanced: (n) => ({
    ...inOrder(n),
    payments: [payment(n, { rows: { refundedMinor: 1, reservedMinor: 0 } })],
  }),
};

describe('a comparison', () => {
  test('of what everybody says the same about finds nothing', () => {
    expect(compare(together(Array.from({ length: 20 }, (_, n) => inOrder(n))))).toEqual([]);
  });

  test.each(DIFFERENCE_KINDS)('finds a planted %s, and nothing else', (kind) => {
    expect(kindsOf(compare(PLANTED[kind](1)))).toEqual([kind]);
  });

  test('finds exactly what is planted, in whatever order and however often its facts come', () => {
    const planted = fc.array(fc.option(fc.constantFrom(...DIFFERENCE_KINDS)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(planted, fc.infiniteStream(fc.nat()), (kinds, chance) => {
        const facts = together(kinds.map((kind, n) => (kind === null ? inOrder(n) : PLANTED[kind](n))));
        const found = compare(facts);
        expect(kindsOf(found).toSorted()).toEqual(kinds.filter((kind) => kind !== null).toSorted());
        const shuffled = <T>(items: T[]): T[] =>
          [...items, ...items.filter(() => Number(chance.next().value) % 2 === 0)]
            .map((item) => ({ item, rank: Number(chance.next().value) }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ item }) => item);
        expect(
          compare({
            lines: shuffled(facts.lines),
            books: shuffled(facts.books),
            processes: shuffled(facts.processes),
            crm: shuffled(facts.crm),
            payments: shuffled(facts.payments),
          }),
        ).toEqual(found);
      }),
      { numRuns: 60 },
    );
  });

  test('gives every difference a key of its own, the same one for the same facts', () => {
    const all = together(DIFFERENCE_KINDS.map((kind, n) => PLANTED[kind](n)));
    const keys = compare(all).map(({ key }) => key);
    expect(new Set(keys).size).toBe(DIFFERENCE_KINDS.length);
    expect(compare(all).map(({ key }) => key)).toEqual(keys);
  });

  test('counts what it has looked at once', () => {
    const comparison = new Comparison(COVERAGE, Date.now());
    for (const n of [1, 1, 2]) {
      comparison.addLine(line(n));
      comparison.addBook(book(n));
    }
    expect(comparison.result().counts).toMatchObject({ providerLines: 2, bookLines: 2, refunds: 0 });
  });
});

describe('statuses', () => {
  const OPEN = ['reserved', 'instructed', 'pending', 'unknown'] as const;
  const cases: [BookLine['status'], Parameters<typeof line>[1] | null, boolean][] = [
    ['succeeded', {}, false],
    ['succeeded', { status: 'failed' }, true],
    ['succeeded', { status: 'returned' }, true],
    ['succeeded', { status: 'pending' }, true],
    ['failed', {}, true],
    ['failed', { status: 'failed' }, false],
    ['failed', { status: 'returned' }, false],
    ['failed', { status: 'pending' }, true],
    ['failed', null, false],
    ['returned', {}, true],
    ['returned', { status: 'failed' }, false],
    ...OPEN.flatMap((status): [BookLine['status'], Parameters<typeof line>[1] | null, boolean][] => [
      [status, {}, true],
      [status, { status: 'failed' }, true],
      [status, { status: 'pending' }, false],
      [status, null, false],
    ]),
  ];
  test.each(cases)('books %s against %j: differs is %s', (status, provider, differs) => {
    const lines = provider === null ? [] : [line(1, provider)];
    expect(kindsOf(compare({ books: [book(1, { status })], lines }))).toEqual(differs ? ['status_differs'] : []);
  });

  test('a return takes back one success: the books that know it agree, those that do not differ', () => {
    const lines = [line(1), line(1, { key: 'x', status: 'returned', at: at('12:00') })];
    expect(compare({ books: [book(1, { status: 'returned', changedAt: at('12:01') })], lines })).toEqual([]);
    expect(kindsOf(compare({ books: [book(1)], lines }))).toEqual(['status_differs']);
  });

  test('two successes of which one came back are one payment', () => {
    const lines = [line(1), line(1, { key: 'x' }), line(1, { key: 'y', status: 'returned' })];
    expect(compare({ books: [book(1)], lines })).toEqual([]);
  });
});

describe('the borders of days', () => {
  test('what was settled just before midnight is on its way, not missing; an hour later the next day shows it', () => {
    const late = book(1, { instructedAt: at('23:40'), changedAt: at('23:50') });
    expect(compare({ books: [late] })).toEqual([]);
    const nextDay = coverageOf('2026-11-11', new Set([DAY]), TIMING);
    expect(kindsOf(compare({ books: [late] }, nextDay))).toEqual(['missing_at_provider']);
    expect(compare({ books: [late], lines: [line(1, { at: at('00:02', '2026-11-11') })] }, nextDay)).toEqual([]);
  });

  test('what was instructed before the first known day is never missing', () => {
    const early = book(1, { instructedAt: at('23:59', '2026-11-08'), changedAt: at('10:00') });
    expect(compare({ books: [early] })).toEqual([]);
    expect(kindsOf(compare({ books: [{ ...early, instructedAt: at('02:00', '2026-11-09') }] }))).toEqual([
      'missing_at_provider',
    ]);
  });

  test('a gap in the known days ends the coverage', () => {
    const known = new Set(['2026-11-09', '2026-11-07']);
    expect(coverageOf(DAY, known, TIMING).fromMs).toBe(Date.parse('2026-11-09T00:00:00Z'));
  });

  test('a success that the books learn of within the hour is on its way', () => {
    const waiting = book(1, { status: 'unknown' });
    expect(compare({ books: [waiting], lines: [line(1, { at: at('23:30') })] })).toEqual([]);
    expect(kindsOf(compare({ books: [waiting], lines: [line(1, { at: at('22:30') })] }))).toEqual(['status_differs']);
  });

  test('books that went on after the day’s end are not held against the day', () => {
    const sinceReturned = book(1, { status: 'returned', changedAt: at('01:00', '2026-11-11') });
    expect(compare({ books: [sinceReturned], lines: [line(1)] })).toEqual([]);
  });

  test('days are counted as the provider counts them', () => {
    expect(dayBounds(DAY, 480).fromMs).toBe(Date.parse('2026-11-09T16:00:00Z'));
    expect(dayOf(Date.parse('2026-11-09T16:00:00Z'), 480)).toBe(DAY);
    expect(dayOf(Date.parse('2026-11-09T15:59:59Z'), 480)).toBe('2026-11-09');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(lookBackDays({ dayOffsetMinutes: 0, graceMs: 3 * 86_400_000 })).toBe(3);
    expect(() => dayBounds('2026-13-01', 0)).toThrow(RangeError);
  });
});

describe('refunds that nobody here made', () => {
  const stranger = line(9, { reference: null, providerRefundId: 're_x', providerPaymentIds: ['4200', 'pi_1'] });

  test('name our payment when the provider shows one of its names', () => {
    const [found] = compare({ books: [book(1)], lines: [line(1), stranger] });
    expect(found).toMatchObject({
      kind: 'missing_in_books',
      key: 'missing_in_books:re_x',
      subject: { providerRefundId: 're_x', paymentId: 'pm_1', refundId: null },
      data: { amountMinor: 1_009, currency: 'CNY', providerStatus: 'succeeded' },
    });
  });

  test('are one difference, however many lines tell of them, and none when they came to nothing', () => {
    expect(compare({ lines: [stranger, { ...stranger, key: 'again' }] })).toHaveLength(1);
    expect(compare({ lines: [{ ...stranger, status: 'failed' }] })).toEqual([]);
    expect(compare({ lines: [stranger, { ...stranger, key: 'back', status: 'returned' }] })).toEqual([]);
  });

  test('are told from ours by the provider’s id when the reference is not shown', () => {
    expect(compare({ books: [book(1)], lines: [line(1, { reference: null })] })).toEqual([]);
  });
});

describe('workflows and the CRM', () => {
  test('a refund that changed within the minute is in flight', () => {
    const fact = process(1, { workflow: 'missing', says: null, changedAt: '2026-11-11T02:59:30.000Z' });
    expect(compare({ processes: [fact] })).toEqual([]);
  });

  test('a refund that is over needs no workflow; what its workflow ended with still counts', () => {
    expect(compare({ processes: [process(1, { isOver: true, workflow: 'missing', says: null })] })).toEqual([]);
    const ended = process(1, { isOver: true, workflow: 'closed', says: { status: 'declined', seq: 4, legs: null } });
    expect(kindsOf(compare({ processes: [ended] }))).toEqual(['workflow_disagrees']);
  });

  test('legs that the workflow shows otherwise are named', () => {
    const { stand } = process(1);
    const legs = stand.legs.map((leg) => ({ ...leg, status: 'failed' }));
    const [found] = compare({ processes: [process(1, { says: { ...stand, legs } })] });
    expect(found).toMatchObject({ kind: 'workflow_disagrees', subject: { legId: 'al_1' } });
  });

  test('the CRM owes nothing that is not due, and may show the state before while a newer one is on its way', () => {
    expect(compare({ crm: [crm(1, { dueSeq: null, syncedSeq: null, record: { found: false } })] })).toEqual([]);
    const onItsWay = crm(1, { dueSeq: 3, syncedSeq: 3, record: { found: true, status: 'paying' } });
    expect(compare({ crm: [onItsWay] })).toEqual([]);
    const overwritten = crm(1, { record: { found: true, status: 'in_review' } });
    expect(kindsOf(compare({ crm: [overwritten] }))).toEqual(['crm_stale']);
    expect(kindsOf(compare({ crm: [crm(1, { syncedSeq: null, record: 'not_asked' })] }))).toEqual(['crm_missing']);
  });

  test('a ledger that disagrees with the payment’s row is unbalanced, though rows and row agree', () => {
    const fact = payment(1, { ledger: { refundedMinor: 0, reservedMinor: 0 } });
    expect(kindsOf(compare({ payments: [fact] }))).toEqual(['ledger_unbalanced']);
    expect(compare({ payments: [payment(1)] })).toEqual([]);
  });
});
