import { act, answer, comesBack, finance, legOf, paid, paying, sight, type Case } from './payment-case';
import { after } from './support';

describe('a contradiction', () => {
  const contradicted = (): Case => sight(comesBack(sight(paying(), 'al_1', {})), 'al_1', { at: after(11) });

  test('stops everything that would pay again, until a query proves that nothing moved', () => {
    const one = contradicted();
    expect(legOf(one)).toMatchObject({ status: 'returned', contradicted: 1 });
    expect(one.effects?.deskOpen).toMatchObject([{ kind: 'payment_contradiction' }]);
    expect(act(one, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toMatchObject({
      data: { why: 'leg_contradicted' },
    });
    // A notification may be the older of two; a query says what is true now.
    expect(legOf(sight(one, 'al_1', { outcome: 'failed' }))?.contradicted).toBe(1);
    const asked = act(one, finance, { act: 'query_payment' });
    expect(legOf(asked)?.nextQueryAt).not.toBeNull();
    const cleared = sight(asked, 'al_1', { outcome: 'failed', source: 'query' });
    expect(legOf(cleared)?.contradicted).toBeUndefined();
    expect(act(cleared, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toBeNull();
  });

  test('that says something else of the same attempt is an item of its own; the same again is the same', () => {
    const keyOf = (one: Case) => one.effects?.deskOpen.find(({ kind }) => kind === 'payment_contradiction')?.key;
    const other = sight(paid(), 'al_1', { outcome: 'succeeded', amountMinor: 1 });
    const same = sight(other, 'al_1', { outcome: 'succeeded', amountMinor: 1 });
    const more = sight(same, 'al_1', { outcome: 'succeeded', amountMinor: 2 });
    expect(keyOf(other)).toBeDefined();
    expect(keyOf(same) ?? keyOf(other)).toBe(keyOf(other));
    expect(keyOf(more)).not.toBe(keyOf(other));
  });

  test('about an earlier attempt stops the leg too, and no query of the present one clears it', () => {
    const second = act(comesBack(sight(paying(), 'al_1', {})), finance, { act: 'new_attempt', legId: 'al_1' });
    const failed = sight(second, 'al_1', { outcome: 'failed' });
    const late = sight(failed, 'al_1', { outcome: 'succeeded' }, 1);
    expect(legOf(late)).toMatchObject({ status: 'failed', attempt: 2, contradicted: 1 });
    const asked = sight(late, 'al_1', { outcome: 'failed', source: 'query' });
    expect(act(asked, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toMatchObject({
      data: { why: 'leg_contradicted' },
    });
  });

  test('about a payment that is on its way is for a person at once, and is asked about on the back-off', () => {
    const sent = answer(paying(), 'al_1', { outcome: 'pending', amountMinor: null });
    const failure = { class: 'interface_changed', code: 'bank_contradicts' } as const;
    const odd = answer(sent, 'al_1', { outcome: 'unknown', amountMinor: null, contradicts: true, failure });
    expect(odd.effects?.deskOpen).toMatchObject([
      { kind: 'payment_contradiction', data: { outcome: 'unknown', failureCode: 'bank_contradicts' } },
    ]);
    expect(legOf(odd)).toMatchObject({ status: 'unknown', contradicted: 1, failure });
    expect(legOf(odd)?.nextQueryAt).not.toBeNull();
    expect(odd.state.status).toBe('payment_unknown');
    const cleared = answer(odd, 'al_1', { outcome: 'failed' });
    expect(legOf(cleared)).toMatchObject({ status: 'failed' });
    expect(legOf(cleared)).not.toHaveProperty('contradicted');
  });

  test('about an earlier attempt is asked about when the desk says so, and a query of that attempt clears it', () => {
    const second = act(comesBack(sight(paying(), 'al_1', {})), finance, { act: 'new_attempt', legId: 'al_1' });
    const late = sight(sight(second, 'al_1', { outcome: 'failed' }), 'al_1', { outcome: 'succeeded' }, 1);
    const asked = act(late, finance, { act: 'query_payment' });
    expect(legOf(asked)).toMatchObject({ asksAbout: 1 });
    expect(legOf(asked)?.nextQueryAt).not.toBeNull();
    const answered = (outcome: 'failed' | 'succeeded' | 'unknown') =>
      answer(asked, 'al_1', { outcome }, { attempt: 1 });
    for (const outcome of ['succeeded', 'unknown'] as const) {
      expect(legOf(answered(outcome))).toMatchObject({ contradicted: 1 });
      expect(legOf(answered(outcome))).not.toHaveProperty('asksAbout');
    }
    // A notification may be an old one.
    expect(legOf(sight(asked, 'al_1', { outcome: 'failed' }, 1))).toMatchObject({ contradicted: 1, asksAbout: 1 });
    const cleared = answered('failed');
    expect(legOf(cleared)).toMatchObject({ status: 'failed', attempt: 2 });
    expect(legOf(cleared)).not.toHaveProperty('contradicted');
    expect(act(cleared, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toBeNull();
    expect(act(cleared, finance, { act: 'give_up', legId: 'al_1' }).refused).toBeNull();
  });
});
