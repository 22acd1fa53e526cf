import { nextReturnLookAt } from '../../../domain/process/arrival';
import type { Step } from '../../../domain/process/step';
import { waitingForOf } from '../../../domain/refund';
import { act, answer, closed, comesBack, finance, legOf, paid, paying, sight, type Case } from './payment-case';
import { after } from './support';

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

describe('a word about an attempt that another one has followed', () => {
  const second = (): Case => act(comesBack(paid()), finance, { act: 'new_attempt', legId: 'al_1' });

  test.each(['failed', 'unknown', 'pending', 'succeeded'] as const)(
    'by a call that was under way (%s) is never taken for one about the new attempt',
    (outcome) => {
      const before = second();
      const sighting = { outcome, amountMinor: null, at: after(12) };
      const late = answer(before, 'al_1', sighting, { attempt: 1 });
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

test('where only a query tells that money came back, it is asked until a day before the watch ends, and never after it', () => {
  const { state } = paid();
  const leg = { ...state.legs[0], status: 'succeeded' } as Parameters<typeof nextReturnLookAt>[1];
  const paidAt = after(0);
  const day = (n: number): string => new Date(Date.parse(paidAt) + n * 86_400_000).toISOString();
  const arrival = { promisedBy: day(3), watchUntil: day(33), overdue: false, paidAt };
  const lookAfter = (at: string, byQuery: boolean, change: object = {}) =>
    nextReturnLookAt(
      { state: { ...state, arrival }, context: { at, returnsByQueryAlone: () => byQuery } } as unknown as Step,
      { ...leg, ...change },
    );
  const looks: string[] = [];
  for (let at: string | null = paidAt; at !== null && looks.length < 50;) {
    at = lookAfter(at, true);
    if (at !== null) looks.push(at);
  }
  expect(looks).toEqual([1, 2, 4, 8, 15, 22, 29, 32].map(day));
  expect(lookAfter(paidAt, false)).toBeNull();
  expect(lookAfter(paidAt, true, { route: 'manual' })).toBeNull();
  expect(lookAfter(paidAt, true, { status: 'returned' })).toBeNull();
});
