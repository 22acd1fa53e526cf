import type { DeskAction } from '../../../domain/refund';
import { act, comesBack, finance, finance2, legOf, paid, sight } from './payment-case';
import { after } from './support';

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
