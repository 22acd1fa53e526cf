import { AmountError } from '../../../domain/money';
import { SimulationTally, type JudgedOutcome, type SimulatedCase } from '../../../domain/simulation';
import { shanghai } from '../calendar/support';
import { facts } from '../policy/support';

const FROM = '2026-11-22T00:00:00Z';
const TO = '2026-11-23T00:00:00Z';
const stages = [{ stage: 'first_review', role: 'reviewer', quorum: 1, dueBusinessDays: 1 }];
const people: JudgedOutcome = {
  verdict: { kind: 'people' },
  tier: 'small',
  stages,
  routeId: null,
  unanswered: [],
  risk: { score: 10, grade: 'low' },
};
const declined: JudgedOutcome = { ...people, verdict: { kind: 'declined', clause: 'old' }, stages: [] };
const approved: JudgedOutcome = { ...declined, verdict: { kind: 'approved', clause: 'tiny' } };
const one = (changes: Partial<SimulatedCase> = {}): SimulatedCase => ({
  refundId: 'rf_1',
  facts: facts({ amountMinor: 100, goodwillMinor: 5 }),
  before: people,
  after: people,
  approximated: [],
  ...changes,
});

describe('the tally of a simulation', () => {
  it('parts the cases, and their money with what is given beside it', () => {
    const tally = new SimulationTally(shanghai, 1);
    tally.add(one());
    tally.add(one({ after: { ...people, tier: 'large', unanswered: ['a', 'b'] }, approximated: ['lines'] }));
    tally.add(one({ after: declined, before: declined }));
    tally.add(one({ after: approved, before: approved }));
    tally.add(one({ after: approved, before: approved }));
    tally.add(one({ after: declined, facts: facts({ currency: 'JPY', amountMinor: 7 }) }));
    const report = tally.report(FROM, TO);
    expect(report).toMatchObject({
      cases: 6,
      outcomes: { people: 2, approved: 2, declined: 2, refused: 0 },
      autoRate: 0.6667,
      clauses: [
        { outcome: 'approved', clause: 'tiny', cases: 2 },
        { outcome: 'declined', clause: 'old', cases: 2 },
      ],
      unanswered: [
        { rule: 'a', cases: 1 },
        { rule: 'b', cases: 1 },
      ],
      money: [
        {
          currency: 'CNY',
          approvedMinor: 210,
          declinedMinor: 105,
          refusedMinor: 0,
          peopleMinor: { small: 105, large: 105 },
        },
        { currency: 'JPY', approvedMinor: 0, declinedMinor: 7, refusedMinor: 0, peopleMinor: {} },
      ],
      facts: { approximatedCases: 1, approximated: [{ fact: 'lines', cases: 1 }] },
      roles: [{ role: 'reviewer', cases: 2 }],
    });
    expect(report.differences).toMatchObject({ total: 2, byChange: { tier: 1, outcome: 1 } });
    expect(report.differences.shown).toHaveLength(1);
  });

  it('says nothing of a share where nothing is accepted', () => {
    expect(new SimulationTally(shanghai, 0).report(FROM, TO)).toMatchObject({ cases: 0, autoRate: null, money: [] });
  });

  it('adds beyond what one amount may be, and never beyond what can be counted', () => {
    const tally = new SimulationTally(shanghai, 0);
    const largest = one({ facts: facts({ amountMinor: 999_999_999_999 }) });
    for (let i = 0; i < 9_007; i += 1) tally.add(largest);
    expect(tally.report(FROM, TO).money[0]?.peopleMinor['small']).toBe(9_007 * 999_999_999_999);
    expect(() => tally.add(largest)).toThrow(AmountError);
  });
});
