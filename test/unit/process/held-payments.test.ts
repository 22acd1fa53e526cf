import type { HoldReason } from '../../../domain/payment';
import type { DeskAction } from '../../../domain/refund';
import { act, answer, apply, finance, finance2, legOf, paying, sight, type Case } from './payment-case';
import { after } from './support';

describe('a payment that is held', () => {
  const held = (reason: HoldReason): Case =>
    answer(sight(paying(), 'al_2', {}), 'al_1', {
      source: 'reply',
      outcome: 'held',
      hold: { reason, retryAt: after(60) },
      providerRefundId: null,
      amountMinor: null,
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
