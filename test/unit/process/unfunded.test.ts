import { applyTransition, type Effects } from '../../../domain/process';
import type { PaymentFailure, PaymentSighting } from '../../../domain/payment';
import type { ProcessState, Transition } from '../../../domain/refund';
import { accepted, ACCEPTED_AT, after, contextOf, person } from './support';

// What a provider cannot pay for want of our money: refused, kept by it, or spent with its reference.

const { plan, state: asked } = accepted();
const paying: ProcessState = { ...asked, stage: null, status: 'paying' };
const first = paying.legs[0]?.id ?? '';

const SHORT: PaymentFailure = { class: 'insufficient_merchant_funds', code: 'no_money' };
const DAY = 24 * 60;

let n = 0;
function apply(state: ProcessState, transition: object, minute: number): { state: ProcessState; effects: Effects } {
  n += 1;
  const context = contextOf(plan, state, after(minute), { newReference: () => `RNEW${n}` });
  const outcome = applyTransition(state, { id: `t_${n}`, ...transition } as Transition, context);
  if (outcome.refused) throw new Error(`Refused: ${outcome.refused.code}`);
  return outcome;
}

const see = (state: ProcessState, sighting: Partial<PaymentSighting>, minute = 0, attempt = state.legs[0]?.attempt) =>
  apply(
    state,
    {
      kind: 'payment',
      legId: first,
      attempt,
      sighting: {
        source: 'query',
        outcome: 'pending',
        providerEventId: null,
        providerRefundId: null,
        amountMinor: null,
        failure: null,
        traceNumber: null,
        at: after(minute),
        ...sighting,
      },
    },
    minute,
  );

const kept = { outcome: 'pending', failure: SHORT } as const;
const spent = { outcome: 'failed', failure: SHORT } as const;
const refused = {
  outcome: 'held',
  source: 'reply',
  hold: { reason: 'insufficient_funds', retryAt: after(5) },
} as const;

const kindsOf = (effects: Effects): string[] => effects.deskOpen.map((item) => item.kind);
const letters = (effects: Effects): string[] =>
  effects.messages.filter(({ recipient }) => recipient === 'customer').map(({ kind }) => kind);

describe('what the provider has and keeps until there is money', () => {
  test('waits for funds as pending, is asked with growing pauses, and uses up no back-off', () => {
    const once = see(paying, { ...kept, source: 'reply' });
    expect(once.state).toMatchObject({
      status: 'awaiting_funds',
      legs: [{ status: 'pending', attempt: 1, queries: 0, nextQueryAt: after(5), failure: null }, {}],
    });
    expect(once.state.legs[0]?.hold).toEqual({ reason: 'insufficient_funds', since: ACCEPTED_AT });
    expect([kindsOf(once.effects), letters(once.effects)]).toEqual([['awaiting_funds'], []]);
    expect(once.effects.newAttempts).toEqual([]);
    const twice = see(once.state, kept, 40);
    expect(twice.state.legs[0]).toMatchObject({ queries: 0, nextQueryAt: after(60), hold: { since: ACCEPTED_AT } });
    expect([kindsOf(twice.effects), twice.effects.deskResolve]).toEqual([[], []]);
  });

  test('the customer hears of it after a day, once', () => {
    const { state } = see(paying, kept);
    expect(letters(see(state, kept, DAY - 1).effects)).toEqual([]);
    const late = see(state, kept, DAY);
    expect([letters(late.effects), late.effects.events]).toEqual([['refund_on_hold'], ['refund.held']]);
    expect(letters(see(late.state, kept, DAY + 60).effects)).toEqual([]);
  });

  test.each(['unknown', 'held'] as const)('an answer that says nothing (%s) does not end the wait', (outcome) => {
    const { state } = see(paying, kept);
    const next = see(state, { outcome }, 10);
    expect(next.state).toMatchObject({
      status: 'awaiting_funds',
      legs: [{ status: 'pending', nextQueryAt: after(15) }, {}],
    });
    expect([kindsOf(next.effects), next.effects.deskResolve]).toEqual([[], []]);
  });

  test('goes on as an ordinary pending payment when there is money, and is paid', () => {
    const { state } = see(paying, kept);
    const processing = see(state, { outcome: 'pending' }, 30);
    expect(processing.state).toMatchObject({
      status: 'paying',
      legs: [{ status: 'pending', hold: null, queries: 1 }, {}],
    });
    expect(processing.effects.deskResolve).toContain('awaiting_funds');
    for (const before of [state, processing.state]) {
      const paid = see(before, { outcome: 'succeeded' }, 60);
      expect(paid.state.legs[0]).toMatchObject({ status: 'succeeded', attempt: 1, hold: null, nextQueryAt: null });
      expect(paid.state.legs[0]).not.toHaveProperty('unfundedSince');
    }
  });

  test('the desk can have it asked, and can do nothing beside it', () => {
    const { state } = see(paying, kept);
    const act = (action: object) =>
      apply(state, { kind: 'desk_action', commandId: 'cm_1', actor: person('finance', ['finance']), action }, 2);
    expect(act({ act: 'retry_held' }).state.legs[0]?.nextQueryAt).toBe(after(2));
    expect(() => act({ act: 'give_up', legId: first })).toThrow('action_not_available');
    expect(() => act({ act: 'new_attempt', legId: first })).toThrow('action_not_available');
  });
});

describe('what is refused for want of money under a reference that may be used again', () => {
  test('counts its refusals, and forgets them with the reference', () => {
    const once = see(paying, refused);
    const twice = see(once.state, refused, 5);
    expect(twice.state.legs[0]).toMatchObject({
      status: 'reserved',
      attempt: 1,
      refusals: 2,
      unfundedSince: ACCEPTED_AT,
    });
    const other = see(twice.state, { outcome: 'held', hold: { reason: 'payout_stopped', retryAt: after(9) } }, 8);
    expect(other.state.legs[0]?.refusals).toBe(2);
    const anew = see(other.state, spent, 10);
    expect(anew.state.legs[0]).toMatchObject({ attempt: 2, unfundedSince: ACCEPTED_AT });
    expect(anew.state.legs[0]).not.toHaveProperty('refusals');
  });
});

describe('what fails for want of money, so that its reference is spent', () => {
  const sent = see(paying, { outcome: 'pending' }, 5).state;

  test('gets a further attempt by itself, which is held until there is money', () => {
    const { state, effects } = see(sent, spent, 10);
    expect(state.status).toBe('awaiting_funds');
    expect(state.legs[0]).toMatchObject({
      status: 'reserved',
      attempt: 2,
      queries: 0,
      failure: null,
      hold: { reason: 'insufficient_funds', since: after(10) },
      nextQueryAt: after(15),
    });
    const { reference } = state.legs[0] ?? {};
    expect(reference).not.toBe(sent.legs[0]?.reference);
    expect(effects.attempts).toMatchObject([{ legId: first, attempt: 1, status: 'failed', failure: SHORT }]);
    expect(effects.newAttempts).toEqual([
      { legId: first, number: 2, reference, amountMinor: state.legs[0]?.amountMinor },
    ]);
    expect(effects.audit.map(({ type }) => type)).toEqual(['payment.sighted', 'payment.renewed']);
    // Nobody is told of a failure: it waits, as at any provider.
    expect([kindsOf(effects), letters(effects), effects.events]).toEqual([['awaiting_funds'], [], []]);
  });

  test('waits with growing pauses over all of its attempts, and the customer hears after a day', () => {
    const again = see(see(sent, spent, 10).state, { outcome: 'pending' }, 15).state;
    expect(again).toMatchObject({ status: 'paying', legs: [{ attempt: 2, hold: null }, {}] });
    const third = see(again, spent, 50);
    expect(third.state.legs[0]).toMatchObject({ attempt: 3, hold: { since: after(10) }, nextQueryAt: after(70) });
    const late = see(third.state, refused, 10 + DAY);
    expect([letters(late.effects), kindsOf(late.effects)]).toEqual([['refund_on_hold'], []]);
    const paid = see(see(late.state, { outcome: 'pending' }, 20 + DAY).state, { outcome: 'succeeded' }, 30 + DAY);
    expect(paid.state.legs[0]).toMatchObject({ status: 'succeeded', attempt: 3 });
    expect(paid.state.legs[0]).not.toHaveProperty('unfundedSince');
  });

  test('another failure of the further attempt is the desk’s, as ever', () => {
    const again = see(see(sent, spent, 10).state, { outcome: 'pending' }, 15).state;
    const failed = see(again, { outcome: 'failed', failure: { class: 'account_frozen_or_closed', code: 'AC04' } }, 20);
    expect(failed.state).toMatchObject({ status: 'payment_failed', legs: [{ status: 'failed', attempt: 2 }, {}] });
    expect(failed.state.legs[0]).not.toHaveProperty('unfundedSince');
    expect([kindsOf(failed.effects), failed.effects.newAttempts]).toEqual([['payment_failed'], []]);
  });

  test('a payment that its provider contradicts itself about gets none: a person looks', () => {
    const odd = see(sent, { outcome: 'succeeded', amountMinor: 1, source: 'event' }, 8).state;
    expect(odd.legs[0]).toMatchObject({ status: 'unknown', contradicted: 1 });
    const { state, effects } = see(odd, { ...spent, source: 'event' }, 10);
    expect(state.legs[0]).toMatchObject({ status: 'failed', attempt: 1 });
    expect([kindsOf(effects), effects.newAttempts]).toEqual([['payment_failed'], []]);
  });

  test('late word that the spent attempt was paid is a contradiction for a person, and stays with the leg', () => {
    const { state } = see(sent, spent, 10);
    const late = see(state, { outcome: 'succeeded', source: 'event' }, 12, 1);
    expect(kindsOf(late.effects)).toEqual(['payment_contradiction']);
    expect(late.state.legs[0]).toMatchObject({ status: 'reserved', attempt: 2, contradicted: 1 });
  });

  test('word of the bank that cannot be true of the spent attempt stops the next one, and a person looks', () => {
    const { state } = see(sent, spent, 10);
    const failure: PaymentFailure = { class: 'interface_changed', code: 'bank_contradicts' };
    const odd = see(state, { outcome: 'unknown', contradicts: true, failure, source: 'event' }, 12, 1);
    expect(odd.effects.deskOpen).toMatchObject([
      { kind: 'payment_contradiction', data: { outcome: 'unknown', failureCode: 'bank_contradicts' } },
    ]);
    expect(odd.state.legs[0]).toMatchObject({ status: 'reserved', attempt: 2, contradicted: 1 });
    // A word that says nothing of the spent attempt is only kept.
    const silent = see(state, { outcome: 'unknown', source: 'event' }, 12, 1);
    expect([kindsOf(silent.effects), silent.state.legs[0]]).toEqual([[], state.legs[0]]);
  });
});
