import type { PaymentSighting } from '../../../domain/payment';
import { hasEnded, isWatched, promiseMark, waitingForOf, type Transition } from '../../../domain/refund';
import { judgeReceipt } from '../../../domain/approval';
import * as step from './payment-case';
import { act, finance, giveUp, taken, withRoom, type Case } from './payment-case';
import { after } from './support';

// What is given beside the amount never says whether the amount itself was paid, and what was paid stays promised.

/** 8,000.00 on two payments, and 20.00 given beside it. */
const paying = (): Case =>
  step.paying({ id: 'al_g', paymentId: 'pm_g', reference: 'RDXG', amountMinor: 2_000, fund: 'goodwill' });

const apply = (one: Case, transition: Transition): Case => taken(step.apply(one, transition));
const sight = (one: Case, legId: string, outcome: PaymentSighting['outcome']): Case =>
  taken(step.answer(one, legId, { outcome }));

const letters = ({ effects }: Case) => effects?.messages.filter((one) => one.recipient === 'customer') ?? [];
const receipt: Transition = { id: 'cm_r', kind: 'receipt', commandId: 'cm_r', actor: finance };

test('a refund whose amount was paid is paid though its goodwill was given up: promised, watched, told apart, receivable', () => {
  const paid = sight(sight(sight(paying(), 'al_1', 'succeeded'), 'al_2', 'succeeded'), 'al_g', 'failed');
  expect(paid.state.status).toBe('payment_failed');
  const over = giveUp(paid, 'al_g');
  expect(over.state).toMatchObject({ status: 'paid', arrival: { promisedBy: expect.any(String) } });
  expect(over.state.givenUp).toBeUndefined();
  expect(over.effects).toMatchObject({ events: ['refund.paid'], release: true });
  expect(letters(over)).toMatchObject([{ kind: 'refund_paid', data: { goodwill: 'given_up' } }]);
  expect(judgeReceipt(over.state)).toBeNull();
  expect(apply(over, receipt).state.status).toBe('arrived');
});

test('goodwill that was given up first changes nothing when the amount is paid after it', () => {
  let one = sight(sight(paying(), 'al_1', 'succeeded'), 'al_g', 'failed');
  one = sight(one, 'al_2', 'failed');
  one = giveUp(one, 'al_g');
  expect(one.state).toMatchObject({ status: 'payment_failed' });
  expect(one.state.givenUp).toBeUndefined();
  const again = taken(act(one, finance, { act: 'new_attempt', legId: 'al_2' }));
  const paid = sight(again, 'al_2', 'succeeded');
  expect(paid.state.status).toBe('paid');
  expect(letters(paid)).toMatchObject([{ kind: 'refund_paid', data: { goodwill: 'given_up' } }]);
});

test('what was given beside it is no part of what was paid of an amount that was given up', () => {
  let one = sight(sight(sight(paying(), 'al_1', 'failed'), 'al_2', 'failed'), 'al_g', 'succeeded');
  one = giveUp(giveUp(one, 'al_1'), 'al_2');
  expect(one.state).toMatchObject({ status: 'payment_failed', givenUp: {}, arrival: null });
  expect(letters(one)).toMatchObject([{ kind: 'refund_given_up', data: { paidMinor: 0 } }]);
});

test('an amount that is given up waits for what is given beside it: nothing is buried', () => {
  let one = sight(sight(sight(paying(), 'al_1', 'failed'), 'al_2', 'failed'), 'al_g', 'failed');
  one = giveUp(giveUp(one, 'al_1'), 'al_2');
  expect(one.state.givenUp).toBeUndefined();
  expect(one.effects?.release).toBe(false);
  expect(giveUp(one, 'al_g').state).toMatchObject({ status: 'payment_failed', givenUp: {} });
});

describe('a leg that turns out to be paid after all', () => {
  /** The provider is asked anew and says that the leg was paid; the books have room for it. */
  const paidAfterAll = (one: Case, legId: string): Case =>
    taken(step.answer(one, legId, { at: after(99) }, withRoom(one, true)));

  test('tells what of the amount is paid by now, without what was given beside it', () => {
    const one = sight(sight(sight(paying(), 'al_1', 'failed'), 'al_2', 'failed'), 'al_g', 'succeeded');
    const told = paidAfterAll(giveUp(giveUp(one, 'al_1'), 'al_2'), 'al_1');
    const [leg] = told.state.legs;
    expect(letters(told)).toMatchObject([
      {
        kind: 'refund_given_up',
        data: { paidMinor: leg?.amountMinor, arrivalFrom: expect.any(String), arrivalTo: expect.any(String) },
      },
    ]);
    expect(told.state.givenUp).toBeDefined();
    // What is promised is watched, and can be confirmed.
    expect(isWatched(told.state)).toBe(true);
    expect(told.state.arrival).toMatchObject({ promisedBy: told.effects?.arrival?.to, overdue: false });
    expect(judgeReceipt(told.state)).toBeNull();
  });

  test('is a promise of its own: what was missed before is asked about once more, and a later promise stands', () => {
    const gaveUp = (): Case => {
      const one = sight(sight(sight(paying(), 'al_1', 'failed'), 'al_2', 'failed'), 'al_g', 'succeeded');
      return giveUp(giveUp(one, 'al_1'), 'al_2');
    };
    const first = paidAfterAll(gaveUp(), 'al_1');
    expect(first.state.arrival).not.toHaveProperty('nth');
    const late = apply(first, { id: 'arrival-overdue', kind: 'arrival_overdue' });
    expect([promiseMark(late.state), late.effects?.deskOpen[0]?.key]).toEqual(['', 'arrival']);
    const second = paidAfterAll(late, 'al_2');
    expect(second.state).toMatchObject({ status: 'paid', arrival: { overdue: false, nth: 2 } });
    const again = apply(second, { id: `arrival-overdue-${promiseMark(second.state)}`, kind: 'arrival_overdue' });
    expect([promiseMark(second.state), again.effects?.deskOpen[0]?.key]).toEqual(['0.2', 'arrival:0.2']);
  });

  test.each([
    ['not there yet', {}, true],
    ['there', { confirmedAt: after(5) }, false],
  ])('what was promised for later stands while it is %s', (_what, changes, stands) => {
    const gaveUp = giveUp(
      giveUp(sight(sight(sight(paying(), 'al_1', 'failed'), 'al_2', 'failed'), 'al_g', 'succeeded'), 'al_1'),
      'al_2',
    );
    const later = '2099-01-01T00:00:00.000Z';
    const arrival = { promisedBy: later, watchUntil: later, overdue: false, ...changes };
    const { state } = paidAfterAll({ ...gaveUp, state: { ...gaveUp.state, arrival } }, 'al_1');
    expect(state.arrival?.promisedBy === later).toBe(stands);
    expect(state.arrival).not.toHaveProperty('confirmedAt');
  });

  test('makes the refund paid when only what is given beside the amount stays given up', () => {
    let one = sight(sight(sight(paying(), 'al_1', 'succeeded'), 'al_2', 'failed'), 'al_g', 'failed');
    one = giveUp(giveUp(one, 'al_2'), 'al_g');
    expect(one.state).toMatchObject({ status: 'payment_failed', givenUp: {} });
    const whole = paidAfterAll(one, 'al_2');
    expect(whole.state.status).toBe('paid');
    expect(whole.state.givenUp).toBeUndefined();
    expect(letters(whole)).toMatchObject([{ kind: 'refund_paid', data: { goodwill: 'given_up' } }]);
  });
});

describe('what was paid before the rest was given up', () => {
  const part = (): Case =>
    giveUp(sight(sight(sight(paying(), 'al_1', 'succeeded'), 'al_2', 'failed'), 'al_g', 'succeeded'), 'al_2');

  test('is promised, and watched until its time is over', () => {
    const one = part();
    const [paidLeg] = one.state.legs;
    expect(letters(one)).toMatchObject([
      {
        kind: 'refund_given_up',
        data: { paidMinor: paidLeg?.amountMinor, arrivalFrom: expect.any(String), arrivalTo: expect.any(String) },
      },
    ]);
    const { state } = one;
    const { promisedBy = '', watchUntil = '' } = state.arrival ?? {};
    expect(isWatched(state)).toBe(true);
    expect(waitingForOf(state)).toMatchObject({ kind: 'arrival', dueAt: promisedBy });
    expect([hasEnded(state, promisedBy), hasEnded(state, watchUntil)]).toEqual([false, true]);
    const late = apply(one, { id: 'arrival-overdue', kind: 'arrival_overdue' });
    expect(late.effects?.deskOpen).toMatchObject([{ kind: 'arrival_overdue' }]);
  });

  test('is received once, and the refund stays what it is: the rest was not paid', () => {
    const one = apply(part(), receipt);
    expect(one.state).toMatchObject({ status: 'payment_failed', arrival: { confirmedAt: expect.any(String) } });
    expect(one.effects?.events).toEqual([]);
    expect(letters(one)).toEqual([]);
    expect(waitingForOf(one.state)).toBeNull();
    expect(judgeReceipt(one.state)?.code).toBe('not_paid');
    expect(hasEnded(one.state, after(20))).toBe(true);
  });
});
