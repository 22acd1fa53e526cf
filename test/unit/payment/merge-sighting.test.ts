import fc from 'fast-check';
import {
  DEFAULT_QUERY_BACK_OFF,
  mergeSighting,
  nextQueryAt,
  type AttemptStatus,
  type PaymentSighting,
} from '../../../domain/payment';

const AMOUNT_MINOR = 129_900;
const STATUSES: AttemptStatus[] = ['reserved', 'instructed', 'pending', 'succeeded', 'failed', 'unknown'];

const sight = (
  outcome: PaymentSighting['outcome'],
  amountMinor: number | null = AMOUNT_MINOR,
  source: PaymentSighting['source'] = 'event',
): PaymentSighting => ({
  source,
  outcome,
  providerEventId: null,
  providerRefundId: 're_1',
  amountMinor,
  failure: null,
  traceNumber: null,
  at: '2026-11-23T02:00:00.000Z',
});

const sources = fc.constantFrom<PaymentSighting['source']>('reply', 'event', 'query');
const outcomes = fc.constantFrom<PaymentSighting['outcome']>('pending', 'succeeded', 'failed', 'unknown', 'held');
const amounts = fc.constantFrom<number | null>(AMOUNT_MINOR, null);

/** Sightings of one fact: the provider says the same end each time it says one. */
const consistentSet = fc.constantFrom<PaymentSighting['outcome']>('succeeded', 'failed').chain((end) =>
  fc.array(
    fc
      .tuple(fc.constantFrom<PaymentSighting['outcome']>('pending', 'unknown', 'held', end), amounts, sources)
      .map((parts) => sight(...parts)),
    { minLength: 1, maxLength: 8 },
  ),
);

const mergeAll = (start: AttemptStatus, sightings: PaymentSighting[]): AttemptStatus =>
  sightings.reduce((status, sighting) => mergeSighting(status, AMOUNT_MINOR, sighting).status, start);

test('a consistent set of sightings ends in the same status in any order, and however often each is seen', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<AttemptStatus>('reserved', 'instructed'),
      consistentSet.chain((set) =>
        fc.tuple(
          fc.constant(set),
          fc.shuffledSubarray([...set, ...set], { minLength: set.length * 2, maxLength: set.length * 2 }),
        ),
      ),
      (start, [once, twiceShuffled]) => {
        expect(mergeAll(start, twiceShuffled)).toBe(mergeAll(start, once));
      },
    ),
  );
});

test('a sighting seen again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STATUSES),
      outcomes,
      fc.constantFrom(AMOUNT_MINOR, null, 1),
      sources,
      (start, outcome, amount, source) => {
        const sighting = sight(outcome, amount, source);
        const once = mergeSighting(start, AMOUNT_MINOR, sighting).status;
        expect(mergeSighting(once, AMOUNT_MINOR, sighting)).toMatchObject({ status: once, changed: false });
      },
    ),
  );
});

test('what is proven stays proven, whatever is seen later', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<AttemptStatus>('succeeded', 'failed'),
      fc.array(fc.tuple(outcomes, fc.constantFrom(AMOUNT_MINOR, null, 1), sources)),
      (proven, seen) => {
        expect(
          mergeAll(
            proven,
            seen.map((parts) => sight(...parts)),
          ),
        ).toBe(proven);
      },
    ),
  );
});

test('another amount than the one instructed is never success, and a person looks', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STATUSES),
      outcomes,
      fc.integer({ min: 0, max: 1e9 }).filter((amount) => amount !== AMOUNT_MINOR),
      (start, outcome, amount) => {
        const merged = mergeSighting(start, AMOUNT_MINOR, sight(outcome, amount));
        expect(merged.contradiction).toBe(true);
        expect(merged.status).toBe(start === 'succeeded' || start === 'failed' ? start : 'unknown');
      },
    ),
  );
});

test('a claim of change is a change of status', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STATUSES),
      outcomes,
      fc.constantFrom(AMOUNT_MINOR, null, 1),
      (start, outcome, amount) => {
        const merged = mergeSighting(start, AMOUNT_MINOR, sight(outcome, amount));
        expect(merged.changed).toBe(merged.status !== start);
      },
    ),
  );
});

const table: [AttemptStatus, PaymentSighting['outcome'], AttemptStatus, contradiction: boolean][] = [
  ['reserved', 'unknown', 'unknown', false],
  ['instructed', 'pending', 'pending', false],
  ['instructed', 'succeeded', 'succeeded', false],
  ['pending', 'unknown', 'pending', false],
  ['pending', 'failed', 'failed', false],
  ['unknown', 'pending', 'pending', false],
  ['unknown', 'succeeded', 'succeeded', false],
  ['succeeded', 'succeeded', 'succeeded', false],
  ['succeeded', 'pending', 'succeeded', false],
  ['succeeded', 'unknown', 'succeeded', false],
  ['succeeded', 'failed', 'succeeded', true],
  ['failed', 'failed', 'failed', false],
  ['failed', 'pending', 'failed', false],
  ['failed', 'succeeded', 'failed', true],
  ['reserved', 'held', 'reserved', false],
  ['instructed', 'held', 'reserved', false],
  ['pending', 'held', 'pending', false],
  ['unknown', 'held', 'unknown', false],
  ['succeeded', 'held', 'succeeded', false],
  ['failed', 'held', 'failed', false],
];

test.each(table)('%s and %s is %s (contradiction: %s)', (start, outcome, status, contradiction) => {
  expect(mergeSighting(start, AMOUNT_MINOR, sight(outcome))).toMatchObject({
    status,
    changed: status !== start,
    contradiction,
  });
});

test('the back-off asks at the given delays, then at the last one, then not any more', () => {
  const backOff = { delaysSeconds: [10, 60], maxQueries: 4 };
  const now = '2026-11-23T02:00:00.000Z';
  expect([0, 1, 2, 3, 4, 5].map((queries) => nextQueryAt(backOff, queries, now))).toEqual([
    '2026-11-23T02:00:10.000Z',
    '2026-11-23T02:01:00.000Z',
    '2026-11-23T02:01:00.000Z',
    '2026-11-23T02:01:00.000Z',
    null,
    null,
  ]);
  expect(nextQueryAt(DEFAULT_QUERY_BACK_OFF, DEFAULT_QUERY_BACK_OFF.maxQueries, now)).toBeNull();
});
