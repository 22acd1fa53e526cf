import fc from 'fast-check';
import { isInFlight, isProvenUnpaid, type PaymentSighting } from '../../../domain/payment';
import { act, finance, finance2, legOf, manual, paying, sight, type Case } from './payment-case';

test('whatever the provider says and the desk does, a leg never has two attempts that may be paid', () => {
  interface Move {
    act: 'sight' | 'again' | 'manual' | 'give_up' | 'confirm' | 'reject' | 'query';
    leg: number;
    outcome: PaymentSighting['outcome'];
    source: PaymentSighting['source'];
    earlier: boolean;
    second: boolean;
  }
  const move: fc.Arbitrary<Move> = fc.record({
    act: fc.constantFrom<Move['act']>(
      'sight',
      'sight',
      'sight',
      'again',
      'manual',
      'give_up',
      'confirm',
      'reject',
      'query',
    ),
    leg: fc.nat({ max: 1 }),
    outcome: fc.constantFrom<PaymentSighting['outcome']>('pending', 'unknown', 'succeeded', 'failed', 'failed'),
    source: fc.constantFrom<PaymentSighting['source']>('reply', 'event', 'query'),
    earlier: fc.boolean(),
    second: fc.boolean(),
  });
  const run = (one: Case, { act: what, leg, outcome, source, earlier, second }: Move): Case => {
    const legId = leg === 0 ? 'al_1' : 'al_2';
    const actor = second ? finance2 : finance;
    const attempt = legOf(one, legId)?.attempt ?? 1;
    switch (what) {
      case 'sight':
        return sight(one, legId, { outcome, source }, earlier ? Math.max(1, attempt - 1) : attempt);
      case 'again':
        return act(one, actor, { act: 'new_attempt', legId });
      case 'manual':
        return act(one, actor, { ...manual, legId });
      case 'give_up':
        return act(one, actor, { act: 'give_up', legId });
      case 'query':
        return act(one, actor, { act: 'query_payment' });
      case 'confirm':
      case 'reject':
        return act(one, actor, { act: what, proposalId: one.state.proposals?.[0]?.id ?? 'cm_none' });
    }
  };
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      let one = paying();
      const settled: Record<string, number> = {};
      for (const next of moves) {
        const before = one;
        one = run(before, next);
        if (!one.effects) {
          expect(one.state).toBe(before.state);
          continue;
        }
        for (const attempt of one.effects.newAttempts) {
          const leg = legOf(before, attempt.legId);
          // Nothing new while the one before may still be paid, or when the provider contradicts itself about it.
          expect(leg && isProvenUnpaid(leg.status)).toBe(true);
          expect(attempt.number).toBe((leg?.attempt ?? 0) + 1);
          if (!attempt.manual) expect(leg?.contradicted).toBeUndefined();
          if (attempt.manual) settled[attempt.legId] = (settled[attempt.legId] ?? 0) + 1;
        }
        for (const change of one.effects.attempts) {
          if (change.settled) settled[change.legId] = (settled[change.legId] ?? 0) + 1;
          if (change.returned) settled[change.legId] = (settled[change.legId] ?? 0) - 1;
        }
        // What is settled is exactly what is paid, leg by leg: once or not at all.
        for (const leg of one.state.legs) expect(settled[leg.id] ?? 0).toBe(leg.status === 'succeeded' ? 1 : 0);
        if (one.state.givenUp) expect(one.state.legs.some((leg) => isInFlight(leg.status))).toBe(false);
        expect(one.state.status === 'paid').toBe(one.state.legs.every((leg) => leg.status === 'succeeded'));
        expect(JSON.parse(JSON.stringify(one.state))).toStrictEqual(one.state);
      }
    }),
    { numRuns: 150 },
  );
});
