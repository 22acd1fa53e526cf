import { act, comesBack, finance, finance2, manual, paid } from './payment-case';
import { after } from './support';

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
