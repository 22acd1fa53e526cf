import type { PaymentSighting } from '../../../domain/payment';
import { isOver, waitingForOf, type RefundStatus } from '../../../domain/refund';
import {
  act,
  answer,
  comesBack,
  finance,
  finance2,
  giveUp,
  legOf,
  paying,
  sight,
  withRoom,
  type Case,
} from './payment-case';
import { after } from './support';

describe('giving up', () => {
  const bothFailed = (): Case => sight(sight(paying(), 'al_1', { outcome: 'failed' }), 'al_2', { outcome: 'failed' });

  test('ends the refund as payment_failed when nothing is left to pay: money released, customer told, nobody waited for', () => {
    const half = giveUp(bothFailed(), 'al_1');
    expect(isOver(half.state)).toBe(false);
    expect(half.effects?.release).toBe(false);
    const over = giveUp(half, 'al_2');
    expect(isOver(over.state)).toBe(true);
    expect(over.state).toMatchObject({ status: 'payment_failed' satisfies RefundStatus, givenUp: {} });
    expect(waitingForOf(over.state)).toBeNull();
    expect(over.effects).toMatchObject({ release: true, events: ['refund.given_up'] });
    expect(over.effects?.messages.find((one) => one.kind === 'refund_given_up')?.data).toEqual({ paidMinor: 0 });
    expect(over.effects?.deskResolve).toEqual(expect.arrayContaining(['payment_failed', 'second_person_needed']));
  });

  test('of one leg leaves the other to be paid, and says how much was paid', () => {
    const half = giveUp(bothFailed(), 'al_1');
    const again = act(half, finance, { act: 'new_attempt', legId: 'al_2' });
    expect(again.refused).toBeNull();
    const over = sight(again, 'al_2', {});
    expect(over.state).toMatchObject({ status: 'payment_failed', givenUp: {} });
    expect(over.effects?.messages.find((one) => one.kind === 'refund_given_up')?.data).toEqual({
      paidMinor: legOf(over, 'al_2')?.amountMinor,
      arrivalFrom: over.effects?.arrival?.from,
      arrivalTo: over.effects?.arrival?.to,
    });
  });

  test('can be rejected, and then nothing has happened', () => {
    const first = act(bothFailed(), finance, { act: 'give_up', legId: 'al_1' }, 'cm_up');
    const no = act(first, finance2, { act: 'reject', proposalId: 'cm_up' });
    expect(no.state.proposals).toBeUndefined();
    expect(no.state.legs).toEqual(first.state.legs);
    expect(no.effects?.audit.map((note) => note.type)).toContain('refund.proposal_rejected');
  });

  test('is undone by money that comes back: the part that had been paid is open again, what was given up is not', () => {
    const half = giveUp(sight(sight(paying(), 'al_2', {}), 'al_1', { outcome: 'failed' }), 'al_1');
    expect(half.state.givenUp).toBeDefined();
    const back = comesBack(half, 'al_2');
    expect(back.state).toMatchObject({ status: 'payment_failed' });
    expect(back.state.givenUp).toBeUndefined();
    expect(act(back, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toMatchObject({
      data: { why: 'leg_given_up' },
    });
    expect(act(back, finance, { act: 'new_attempt', legId: 'al_2' }).refused).toBeNull();
  });
});

describe('a success after two people have given up', () => {
  const gaveUp = (): Case => {
    let one = sight(sight(paying(), 'al_1', {}), 'al_2', {
      outcome: 'failed',
      failure: { class: 'unknown', code: 'x' },
    });
    one = giveUp(one, 'al_2');
    expect(one.state.givenUp).toBeDefined();
    return one;
  };
  /** The answer to a question about the leg, with room in the books or without. */
  const answered = (one: Case, sighting: Partial<PaymentSighting>, canBeTakenUp = true): Case =>
    answer(one, 'al_2', { at: after(99), ...sighting }, withRoom(one, canBeTakenUp));

  test('that a notification tells is looked at by a person, and the provider is asked at once: nothing is booked', () => {
    const told = sight(gaveUp(), 'al_2', {});
    expect(told.state).toMatchObject({ status: 'payment_failed', legs: [{}, { status: 'failed', givenUp: true }] });
    expect(told.state.legs[1]?.nextQueryAt).not.toBeNull();
    expect(told.effects?.deskOpen.map(({ kind }) => kind)).toEqual(['payment_contradiction']);
    expect(told.effects).toMatchObject({ takenUp: null, release: false });
  });

  test('that the provider confirms makes the refund paid: what was given back is taken again, and the customer told', () => {
    const { state, effects } = answered(sight(gaveUp(), 'al_2', {}), {});
    expect(state.status).toBe('paid');
    expect(state.givenUp).toBeUndefined();
    expect(state.legs[1]).toMatchObject({ status: 'succeeded', failure: null, nextQueryAt: null });
    expect(state.legs[1]).not.toHaveProperty('givenUp');
    expect(state.legs[1]).not.toHaveProperty('contradicted');
    expect(effects).toMatchObject({ takenUp: 'al_2', release: true, attempts: [{ legId: 'al_2', settled: true }] });
    expect(effects?.events).toEqual(['refund.paid']);
    expect(effects?.messages.map(({ kind }) => kind)).toContain('refund_paid');
  });

  test.each([
    ['for which others have taken the money or the lines', {}, false],
    ['of another amount', { amountMinor: 1 }, true],
    ['that is only a repeated reply', { source: 'reply' as const }, true],
  ])('%s books nothing: a person looks', (_what, sighting, hasRoom) => {
    const { state, effects } = answered(gaveUp(), sighting, hasRoom);
    expect(state).toMatchObject({ status: 'payment_failed', givenUp: {}, legs: [{}, { status: 'failed' }] });
    expect(effects).toMatchObject({ takenUp: null, attempts: [{ settled: false }] });
    expect(effects?.deskOpen.map(({ kind }) => kind)).toEqual(['payment_contradiction']);
  });

  test('is asked about until the provider knows: its failure or its ignorance ends the questions', () => {
    const told = sight(gaveUp(), 'al_2', {});
    const open = answered(told, {
      outcome: 'unknown',
      amountMinor: null,
      failure: { class: 'network', code: 'timeout' },
    });
    expect(open.state.legs[1]?.nextQueryAt).not.toBeNull();
    const ignorant = {
      outcome: 'unknown',
      amountMinor: null,
      failure: { class: 'network', code: 'not_found' },
    } as const;
    expect(answered(told, ignorant).state.legs[1]).toMatchObject({ nextQueryAt: null, contradicted: 1 });
    const failed = answered(told, { outcome: 'failed', failure: { class: 'unknown', code: 'x' } });
    expect(failed.state.legs[1]?.nextQueryAt).toBeNull();
    expect(failed.state.legs[1]).not.toHaveProperty('contradicted');
  });
});
