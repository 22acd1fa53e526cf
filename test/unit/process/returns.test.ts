import fc from 'fast-check';
import { applyTransition, type DeskFacts, type Effects, type TransitionContext } from '../../../domain/process';
import { isInFlight, isProvenUnpaid, type HoldReason, type PaymentSighting } from '../../../domain/payment';
import {
  isOver,
  waitingForOf,
  type Actor,
  type DeskAction,
  type Plan,
  type ProcessState,
  type RefundStatus,
  type Transition,
} from '../../../domain/refund';
import { accepted, after, contextOf, person } from './support';

const finance = person('finance', ['finance']);
const finance2 = person('finance2', ['finance']);

interface Case {
  plan: Plan;
  state: ProcessState;
  effects: Effects | null;
  refused: { code: string; data: Record<string, unknown> } | null;
}

/** A refund of two legs whose instructions have left. */
function paying(): Case {
  const { plan, state } = accepted();
  return { plan, state: { ...state, status: 'paying', stage: null }, effects: null, refused: null };
}

let steps = 0;

function apply(one: Case, transition: Transition, changes: Parameters<typeof contextOf>[3] = {}): Case {
  steps += 1;
  let references = 0;
  const outcome = applyTransition(
    one.state,
    transition,
    contextOf(one.plan, one.state, after(10 + steps), {
      canReturn: () => true,
      newReference: () => `RNEW${steps}${(references += 1)}`,
      ...changes,
    }),
  );
  return {
    plan: one.plan,
    state: outcome.state,
    effects: outcome.refused ? null : outcome.effects,
    refused: outcome.refused,
  };
}

function sight(one: Case, legId: string, sighting: Partial<PaymentSighting>, attempt?: number): Case {
  const leg = one.state.legs.find((candidate) => candidate.id === legId);
  const full: PaymentSighting = {
    source: 'event',
    outcome: 'succeeded',
    providerEventId: 'pe_1',
    providerRefundId: 're_1',
    amountMinor: leg?.amountMinor ?? 0,
    failure: null,
    traceNumber: null,
    at: after(9),
    ...sighting,
  };
  const told = { legId, attempt: attempt ?? leg?.attempt ?? 1, sighting: full };
  return apply(one, { id: `pe_${steps}`, kind: 'provider_event', providerEventId: `pe_${steps}` }, { sighted: told });
}

const act = (
  one: Case,
  actor: Actor,
  action: DeskAction,
  id = `cm_${steps}`,
  proofFound = true,
  destination: DeskFacts['destination'] = { kind: 'usable' },
  changes: Partial<TransitionContext> = {},
): Case =>
  apply(
    one,
    { id, kind: 'desk_action', commandId: id, actor, action },
    { desk: { isUnsent: true, proofFound, destination, money: { mode: 'test', currency: 'CNY' } }, ...changes },
  );

const paid = (): Case => sight(sight(paying(), 'al_1', {}), 'al_2', {});
const closed = { class: 'account_frozen_or_closed', code: 'closed' } as const;
const comesBack = (one: Case, legId = 'al_1'): Case => sight(one, legId, { outcome: 'failed', failure: closed });
const legOf = (one: Case, legId = 'al_1') => one.state.legs.find((leg) => leg.id === legId);

describe('money that comes back', () => {
  const begins: [string, () => Case][] = [
    ['while the arrival is watched', paid],
    ['after it had arrived', () => ({ ...paid(), state: { ...paid().state, status: 'arrived' } })],
    ['while another leg is still being paid', () => sight(paying(), 'al_1', {})],
  ];

  test.each(begins)('%s reopens the same case', (_when, begin) => {
    const before = begin();
    const back = comesBack(before);
    expect(back.state).toMatchObject({ status: 'payment_failed', arrival: null, seq: before.state.seq + 1 });
    expect(legOf(back)).toMatchObject({
      status: 'returned',
      returns: 1,
      failure: closed,
      nextQueryAt: null,
      attempt: 1,
    });
    expect(waitingForOf(back.state)).toMatchObject({ kind: 'desk', who: 'role:finance' });
    expect(back.effects).toMatchObject({ reopened: true, release: false });
    expect(back.effects?.events).toEqual(['refund.reopened']);
    expect(back.effects?.attempts).toMatchObject([
      { legId: 'al_1', status: 'returned', returned: true, settled: false },
    ]);
    expect(back.effects?.deskOpen).toMatchObject([
      { kind: 'payment_returned', key: 'returned:al_1:1', data: { legId: 'al_1', failureClass: closed.class } },
    ]);
    expect(back.effects?.deskResolve).toContain('arrival_overdue');
    expect(back.effects?.messages.map(({ kind, recipient, owner }) => [kind, recipient, owner])).toEqual([
      ['desk_item_opened', 'role:finance', 'delivery'],
      ['refund_returned', 'customer', 'refund'],
      ['crm_sync', 'crm', 'refund'],
    ]);
    expect(back.effects?.audit.map((note) => note.type)).toContain('refund.reopened');
    // The letter says how much came back: this leg, not the whole.
    expect(back.effects?.messages.find((one) => one.kind === 'refund_returned')?.data).toEqual({
      failureClass: closed.class,
      returnedMinor: legOf(back)?.amountMinor,
      fund: 'amount',
    });
  });

  test('comes back once, however often the provider says so', () => {
    const again = comesBack(comesBack(paid()));
    expect(legOf(again)).toMatchObject({ returns: 1 });
    expect(again.effects).toMatchObject({ reopened: false, events: [], deskOpen: [] });
  });

  test('does not come back by a reply, nor from a provider that cannot return it: a person looks, and it stays paid', () => {
    const reply = sight(paid(), 'al_1', { outcome: 'failed', source: 'reply' });
    expect(reply.state.status).toBe('paid');
    expect(reply.effects?.deskOpen).toMatchObject([{ kind: 'payment_contradiction' }]);
  });

  test('is paid again under a new reference, and is paid when that has moved; the old attempt counts no more', () => {
    const back = comesBack(paid());
    const again = act(back, finance, { act: 'new_attempt', legId: 'al_1' });
    expect(again.state.status).toBe('paying');
    expect(again.effects?.messages.map(({ kind }) => kind)).toEqual(['crm_sync']);
    expect(legOf(again)).toMatchObject({ attempt: 2, status: 'reserved', failure: null });
    expect(legOf(again)?.reference).not.toBe(legOf(back)?.reference);
    expect(again.effects?.deskResolve).toContain('payment_returned');
    const late = sight(again, 'al_1', { outcome: 'failed' }, 1);
    expect(legOf(late)?.status).toBe('reserved');
    expect(late.effects?.deskOpen).toEqual([]);
    const arrived = sight(again, 'al_1', {});
    expect(arrived.state).toMatchObject({ status: 'paid', arrival: { overdue: false } });
    expect(comesBack(arrived).state.legs[0]).toMatchObject({ status: 'returned', returns: 2, attempt: 2 });
  });
});

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
});

describe('a word about an attempt that another one has followed', () => {
  const second = (): Case => act(comesBack(paid()), finance, { act: 'new_attempt', legId: 'al_1' });

  test.each(['failed', 'unknown', 'pending', 'succeeded'] as const)(
    'by a call that was under way (%s) is never taken for one about the new attempt',
    (outcome) => {
      const before = second();
      const sighting: PaymentSighting = {
        source: 'query',
        outcome,
        providerEventId: null,
        providerRefundId: 're_1',
        amountMinor: null,
        failure: null,
        traceNumber: null,
        at: after(12),
      };
      const late = apply(before, { id: `late-${outcome}`, kind: 'payment', legId: 'al_1', attempt: 1, sighting });
      expect(legOf(late)).toMatchObject({ attempt: 2, status: 'reserved' });
      expect(late.effects?.attempts).toEqual([]);
      const kinds = late.effects?.deskOpen.map((item) => item.kind);
      expect(kinds).toEqual(outcome === 'succeeded' ? ['payment_contradiction'] : []);
    },
  );

  test('by a notification that the provider dates before the return is only late', () => {
    const dated = comesBack(paid());
    const at = legOf(dated)?.lastReturn?.at ?? '';
    const late = sight(
      act(dated, finance, { act: 'new_attempt', legId: 'al_1' }),
      'al_1',
      { at: new Date(Date.parse(at) - 1_000).toISOString() },
      1,
    );
    expect(late.effects?.deskOpen).toEqual([]);
    expect(legOf(late)?.contradicted).toBeUndefined();
  });
});

describe('a payment that is held', () => {
  const held = (reason: HoldReason): Case =>
    apply(sight(paying(), 'al_2', {}), {
      id: `held-${reason}`,
      kind: 'payment',
      legId: 'al_1',
      attempt: 1,
      sighting: {
        source: 'reply',
        outcome: 'held',
        hold: { reason, retryAt: after(60) },
        providerEventId: null,
        providerRefundId: null,
        amountMinor: null,
        failure: null,
        traceNumber: null,
        at: after(9),
      },
    });

  test('can be given up by two persons: its attempt ends unsent, what the desk was asked is settled', () => {
    const before = held('refunded_elsewhere');
    expect(before.effects?.deskOpen).toMatchObject([{ kind: 'payment_held' }]);
    const first = act(before, finance, { act: 'give_up', legId: 'al_1' }, 'cm_up');
    const over = act(first, finance2, { act: 'confirm', proposalId: 'cm_up' });
    expect(over.state).toMatchObject({ status: 'payment_failed', givenUp: {} });
    expect(legOf(over)).toMatchObject({
      status: 'failed',
      hold: null,
      failure: { code: 'not_sent' },
      nextQueryAt: null,
    });
    expect(over.effects?.attempts).toMatchObject([{ legId: 'al_1', attempt: 1, status: 'failed', settled: false }]);
    expect(over.effects?.deskResolve).toContain('payment_held');
  });

  test('can be paid by another route, and its failure says what held it', () => {
    const other: DeskAction = { act: 'alternative_route', legId: 'al_1', destinationId: 'ds_1' };
    const first = act(held('disputed'), finance, other, 'cm_r');
    const done = act(first, finance2, { act: 'confirm', proposalId: 'cm_r' });
    expect(done.effects?.attempts).toMatchObject([{ failure: { class: 'disputed', code: 'not_sent' } }]);
    expect(legOf(done)).toMatchObject({ attempt: 2, status: 'reserved', route: 'destination' });
    expect(done.state.status).toBe('paying');
  });

  test('is left alone when it is on its way out at this very moment', () => {
    const before = held('disputed');
    const sent = { isUnsent: false, proofFound: true, destination: { kind: 'usable' }, money: null } as const;
    const action: DeskAction = { act: 'give_up', legId: 'al_1' };
    const refused = apply(
      before,
      { id: 'cm_x', kind: 'desk_action', commandId: 'cm_x', actor: finance, action },
      { desk: sent },
    );
    expect(refused.refused).toMatchObject({ data: { why: 'leg_not_proven_unpaid' } });
    // A new attempt is not what a held payment needs: it is tried again by itself, under its own reference.
    expect(act(before, finance, { act: 'new_attempt', legId: 'al_1' }).refused).toMatchObject({
      data: { why: 'leg_not_proven_unpaid' },
    });
  });
});

const manual: DeskAction = { act: 'manual_payment', legId: 'al_1', proofEvidenceId: 'ev_1', paidAt: after(5) };

describe('a payment by hand', () => {
  test('counts when a second person confirms it: another attempt that nobody instructs', () => {
    const first = act(comesBack(paid()), finance, manual, 'cm_first');
    expect(first.state.status).toBe('payment_failed');
    expect(first.state.proposals).toMatchObject([{ id: 'cm_first', act: 'manual_payment', proposedBy: 'finance' }]);
    expect(first.effects).toMatchObject({ newAttempts: [], events: [] });
    expect(first.effects?.deskOpen).toMatchObject([{ kind: 'second_person_needed', key: 'proposal:cm_first' }]);

    const done = act(first, finance2, { act: 'confirm', proposalId: 'cm_first' });
    expect(done.state).toMatchObject({
      status: 'paid',
      legs: [{ status: 'succeeded', route: 'manual', attempt: 2 }, {}],
    });
    expect(done.state.proposals).toBeUndefined();
    expect(done.effects?.newAttempts).toMatchObject([
      { legId: 'al_1', number: 2, manual: { proofEvidenceId: 'ev_1', paidAt: after(5) } },
    ]);
    expect(done.effects?.deskResolve).toEqual(expect.arrayContaining(['second_person_needed', 'payment_returned']));
    expect(done.effects?.events).toEqual(['refund.paid']);
    expect(done.effects?.audit.map((note) => note.type)).toEqual(
      expect.arrayContaining(['refund.proposal_confirmed', 'refund.paid']),
    );
  });

  test('needs its proof when it is proposed and again when it is confirmed, and lies in the past', () => {
    const back = comesBack(paid());
    expect(act(back, finance, manual, 'cm_a', false).refused).toMatchObject({ data: { why: 'proof_not_found' } });
    expect(act(back, finance, { ...manual, paidAt: after(100_000) }).refused).toMatchObject({
      data: { why: 'paid_in_future' },
    });
    const first = act(back, finance, manual, 'cm_b');
    const second = act(first, finance2, { act: 'confirm', proposalId: 'cm_b' }, 'cm_c', false);
    expect(second.refused).toMatchObject({ data: { act: 'confirm', why: 'proof_not_found' } });
    expect(second.state).toBe(first.state);
  });

  test('is void when the leg moves on meanwhile', () => {
    const first = act(comesBack(paid()), finance, manual, 'cm_first');
    const again = act(first, finance2, { act: 'new_attempt', legId: 'al_1' });
    expect(again.state.proposals).toBeUndefined();
    expect(again.effects?.audit.map((note) => note.type)).toContain('refund.proposal_voided');
    expect(act(again, finance2, { act: 'confirm', proposalId: 'cm_first' }).refused).toMatchObject({
      data: { why: 'unknown_proposal' },
    });
  });
});

describe('another route', () => {
  const other: DeskAction = { act: 'alternative_route', legId: 'al_1', destinationId: 'ds_1' };
  const coolingOff = { kind: 'not_yet', reason: 'cooling_off', retryAt: after(500) } as const;

  test('is neither proposed nor confirmed while no account of ours pays in that currency', () => {
    const nowhere = { providerToAccounts: () => null };
    const back = comesBack(paid());
    const proposed = act(back, finance, other, 'cm_n', true, { kind: 'usable' }, nowhere);
    expect(proposed.refused).toMatchObject({ data: { act: 'alternative_route', why: 'no_paying_account' } });
    const first = act(back, finance, other, 'cm_n');
    const confirmed = act(
      first,
      finance2,
      { act: 'confirm', proposalId: 'cm_n' },
      'cm_o',
      true,
      { kind: 'usable' },
      nowhere,
    );
    expect(confirmed.refused).toMatchObject({ data: { act: 'confirm', why: 'no_paying_account' } });
  });

  test('is a new attempt to the account, when a second person confirms it and the account is usable', () => {
    const first = act(comesBack(paid()), finance, other, 'cm_first', true, coolingOff);
    expect(first.state.proposals).toMatchObject([{ act: 'alternative_route', destinationId: 'ds_1' }]);
    const early = act(first, finance2, { act: 'confirm', proposalId: 'cm_first' }, 'cm_early', true, coolingOff);
    expect(early.refused).toMatchObject({ data: { act: 'confirm', why: 'destination_not_usable' } });
    const done = act(first, finance2, { act: 'confirm', proposalId: 'cm_first' });
    expect(done.state).toMatchObject({ status: 'paying' });
    expect(legOf(done)).toMatchObject({
      attempt: 2,
      status: 'reserved',
      route: 'destination',
      destinationId: 'ds_1',
      provider: 'to_accounts',
      failure: null,
    });
    expect(done.effects?.newAttempts).toMatchObject([{ legId: 'al_1', number: 2, destinationId: 'ds_1' }]);
    expect(done.effects?.events).toEqual(['refund.paying']);
    expect(done.effects?.deskResolve).toEqual(expect.arrayContaining(['payment_returned', 'second_person_needed']));
  });

  test('is refused to an account that is not the customer’s or was revoked, at both steps', () => {
    const back = comesBack(paid());
    for (const destination of [null, { kind: 'never' } as const]) {
      expect(act(back, finance, other, 'cm_a', true, destination).refused).toMatchObject({
        data: { why: 'destination_not_found' },
      });
      const first = act(back, finance, other, 'cm_first');
      const second = act(first, finance2, { act: 'confirm', proposalId: 'cm_first' }, 'cm_b', true, destination);
      expect(second.refused).toMatchObject({ data: { act: 'confirm', why: 'destination_not_found' } });
    }
  });

  test('is kept by a further attempt', () => {
    const first = act(comesBack(paid()), finance, other, 'cm_first');
    const failed = sight(act(first, finance2, { act: 'confirm', proposalId: 'cm_first' }), 'al_1', {
      outcome: 'failed',
    });
    const again = act(failed, finance, { act: 'new_attempt', legId: 'al_1' });
    expect(legOf(again)).toMatchObject({ attempt: 3, route: 'destination', destinationId: 'ds_1' });
  });
});

describe('giving up', () => {
  const giveUp = (one: Case, legId: string): Case => {
    const first = act(one, finance, { act: 'give_up', legId }, `cm_up_${legId}`);
    return act(first, finance2, { act: 'confirm', proposalId: `cm_up_${legId}` });
  };
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

describe('a success after two people have given up', () => {
  const gaveUp = (): Case => {
    let one = sight(sight(paying(), 'al_1', {}), 'al_2', {
      outcome: 'failed',
      failure: { class: 'unknown', code: 'x' },
    });
    one = act(one, finance, { act: 'give_up', legId: 'al_2' }, 'cm_up');
    one = act(one, finance2, { act: 'confirm', proposalId: 'cm_up' });
    expect(one.state.givenUp).toBeDefined();
    return one;
  };
  /** The answer to a question about the leg, with room in the books or without. */
  const answered = (one: Case, sighting: Partial<PaymentSighting>, canBeTakenUp = true): Case => {
    const legs = contextOf(one.plan, one.state, after(1)).legs.map((leg) => ({ ...leg, canBeTakenUp }));
    const told = {
      source: 'query' as const,
      outcome: 'succeeded' as const,
      providerEventId: null,
      providerRefundId: 're_2',
      amountMinor: one.state.legs[1]?.amountMinor ?? 0,
      failure: null,
      traceNumber: null,
      at: after(99),
      ...sighting,
    };
    return apply(one, { id: 'q', kind: 'payment', legId: 'al_2', attempt: 1, sighting: told }, { legs });
  };

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
