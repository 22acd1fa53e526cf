import fc from 'fast-check';
import {
  isProvenUnpaid,
  mergeSighting,
  type AttemptStatus,
  type PaymentSighting,
  type ReturnFacts,
  type SightingVerdict,
} from '../../../domain/payment';

// The whole table: every status of an attempt, every sighting of the instructed amount, every source.

const AMOUNT_MINOR = 129_900;
const RETURNS: ReturnFacts = { canReturn: true, returnedAt: null };

type Source = PaymentSighting['source'];
type Outcome = PaymentSighting['outcome'];

const sight = (outcome: Outcome, source: Source = 'event', at = '2026-11-23T02:00:00.000Z'): PaymentSighting => ({
  source,
  outcome,
  providerEventId: null,
  providerRefundId: 're_1',
  amountMinor: AMOUNT_MINOR,
  failure: null,
  traceNumber: null,
  at,
});

const moves = (status: AttemptStatus): [AttemptStatus, SightingVerdict] => [status, 'moves'];
const open = {
  pending: moves('pending'),
  unknown: moves('unknown'),
  succeeded: moves('succeeded'),
  failed: moves('failed'),
};

/** Status → sighting → where it leads and what it is, for a provider that can return money and a proof that is no reply. */
const TABLE: Record<AttemptStatus, Record<Exclude<Outcome, 'held'>, [AttemptStatus, SightingVerdict]>> = {
  reserved: open,
  instructed: open,
  pending: { ...open, pending: ['pending', 'repeats'], unknown: ['pending', 'overtaken'] },
  unknown: { ...open, unknown: ['unknown', 'repeats'] },
  succeeded: {
    pending: ['succeeded', 'overtaken'],
    unknown: ['succeeded', 'overtaken'],
    succeeded: ['succeeded', 'repeats'],
    failed: ['returned', 'returns'],
  },
  failed: {
    pending: ['failed', 'overtaken'],
    unknown: ['failed', 'overtaken'],
    succeeded: ['failed', 'contradicts'],
    failed: ['failed', 'repeats'],
  },
  returned: {
    pending: ['returned', 'overtaken'],
    unknown: ['returned', 'overtaken'],
    succeeded: ['returned', 'contradicts'],
    failed: ['returned', 'repeats'],
  },
};

const STATUSES = Object.keys(TABLE) as AttemptStatus[];
const CELLS = STATUSES.flatMap((status) =>
  (Object.keys(TABLE[status]) as (keyof (typeof TABLE)[AttemptStatus])[]).flatMap((outcome) =>
    (['event', 'query'] as const).map((source) => [status, outcome, source, ...TABLE[status][outcome]] as const),
  ),
);

test.each(CELLS)('%s and %s by %s is %s: it %s', (status, outcome, source, next, verdict) => {
  expect(mergeSighting(status, AMOUNT_MINOR, sight(outcome, source), RETURNS)).toEqual({
    status: next,
    changed: next !== status,
    contradiction: verdict === 'contradicts',
    verdict,
  });
});

describe('failed after succeeded', () => {
  const merged = (source: Source, facts: ReturnFacts) =>
    mergeSighting('succeeded', AMOUNT_MINOR, sight('failed', source), facts);

  test('is a contradiction when it is a reply, which may be an old one said again', () => {
    expect(merged('reply', RETURNS)).toMatchObject({ status: 'succeeded', contradiction: true });
  });

  test('is a contradiction where the provider does not declare that money can come back', () => {
    for (const source of ['event', 'query'] as const)
      expect(merged(source, { canReturn: false, returnedAt: null })).toMatchObject({
        status: 'succeeded',
        contradiction: true,
      });
  });

  test('of another amount is never a return', () => {
    const part = { ...sight('failed'), amountMinor: AMOUNT_MINOR - 1 };
    expect(mergeSighting('succeeded', AMOUNT_MINOR, part, RETURNS)).toMatchObject({
      status: 'succeeded',
      contradiction: true,
    });
  });
});

describe('succeeded after a return', () => {
  const returnedAt = '2026-11-23T02:00:00.000Z';
  const merged = (at: string, source: Source) =>
    mergeSighting('returned', AMOUNT_MINOR, sight('succeeded', source, at), { canReturn: true, returnedAt });

  test('is only late when a notification is dated before the return by the provider itself', () => {
    expect(merged('2026-11-23T01:59:59.000Z', 'event')).toMatchObject({ verdict: 'overtaken', contradiction: false });
  });

  test('is a contradiction in every other case: money may have moved after all', () => {
    for (const [at, source] of [
      [returnedAt, 'event'],
      ['2026-11-23T02:00:01.000Z', 'event'],
      ['2026-11-23T01:59:59.000Z', 'query'],
      ['2026-11-23T01:59:59.000Z', 'reply'],
    ] as const)
      expect(merged(at, source)).toMatchObject({ status: 'returned', contradiction: true });
  });
});

describe('words of the provider that cannot all be true', () => {
  const contradictory = (source: Source): PaymentSighting => ({
    ...sight('unknown', source),
    amountMinor: null,
    failure: { class: 'interface_changed', code: 'bank_contradicts' },
    contradicts: true,
  });

  test.each(['succeeded', 'failed', 'returned'] as const)('undo nothing of %s, but a person looks', (status) => {
    for (const source of ['event', 'query', 'reply'] as const)
      expect(mergeSighting(status, AMOUNT_MINOR, contradictory(source), RETURNS)).toEqual({
        status,
        changed: false,
        contradiction: true,
        verdict: 'contradicts',
      });
  });

  test.each(['reserved', 'instructed', 'pending', 'unknown'] as const)(
    'leave of %s nothing that is known, and a person looks',
    (status) => {
      for (const source of ['event', 'query', 'reply'] as const)
        expect(mergeSighting(status, AMOUNT_MINOR, contradictory(source), RETURNS)).toEqual({
          status: 'unknown',
          changed: status !== 'unknown',
          contradiction: true,
          verdict: 'contradicts',
        });
    },
  );
});

const mergeAll = (sightings: PaymentSighting[]): AttemptStatus =>
  sightings.reduce<{ status: AttemptStatus; returnedAt: string | null }>(
    ({ status, returnedAt }, sighting) => {
      const merged = mergeSighting(status, AMOUNT_MINOR, sighting, { canReturn: true, returnedAt });
      return { status: merged.status, returnedAt: merged.verdict === 'returns' ? sighting.at : returnedAt };
    },
    { status: 'instructed', returnedAt: null },
  ).status;

const outcomes = fc.constantFrom<Outcome>('pending', 'unknown', 'succeeded', 'failed');
const sources = fc.constantFrom<Source>('reply', 'event', 'query');

test('any order and any repetition of the notifications of a course ends with the same answer to where the money is', () => {
  // A provider's course: on its way, moved, come back. Its notifications are dated; they come as they like.
  const course = [
    sight('pending', 'event', '2026-11-23T02:00:00.000Z'),
    sight('succeeded', 'event', '2026-11-23T02:01:00.000Z'),
    sight('failed', 'event', '2026-11-25T08:00:00.000Z'),
  ];
  const scrambled = fc.shuffledSubarray([...course, ...course, ...course], { minLength: 9, maxLength: 9 });
  fc.assert(fc.property(scrambled, (sightings) => expect(isProvenUnpaid(mergeAll(sightings))).toBe(true)));
});

test('any order and any repetition of sightings of one end is that end', () => {
  const set = fc
    .constantFrom<Outcome>('succeeded', 'failed')
    .chain((end) =>
      fc
        .array(fc.tuple(fc.constantFrom<Outcome>('pending', 'unknown', end), sources), { minLength: 1, maxLength: 8 })
        .map((parts) => [...parts, [end, 'query'] as const].map(([outcome, source]) => sight(outcome, source))),
    );
  fc.assert(
    fc.property(
      set.chain((sightings) =>
        fc.tuple(
          fc.constant(sightings),
          fc.shuffledSubarray([...sightings, ...sightings], { minLength: sightings.length * 2 }),
        ),
      ),
      ([once, shuffled]) => expect(mergeAll(shuffled)).toBe(mergeAll(once)),
    ),
  );
});

test('what is proven unpaid is never paid again by a sighting, and what came back does not come back twice', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<AttemptStatus>('failed', 'returned'),
      outcomes,
      sources,
      fc.constantFrom(AMOUNT_MINOR, 1, null),
      (status, outcome, source, amountMinor) => {
        const merged = mergeSighting(status, AMOUNT_MINOR, { ...sight(outcome, source), amountMinor }, RETURNS);
        expect(merged.status).toBe(status);
        expect(merged.verdict).not.toBe('returns');
      },
    ),
  );
});
