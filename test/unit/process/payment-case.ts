import { applyTransition, type DeskFacts, type Effects, type TransitionContext } from '../../../domain/process';
import type { PaymentSighting } from '../../../domain/payment';
import type { Actor, DeskAction, Leg, Plan, ProcessState, Transition } from '../../../domain/refund';
import { accepted, after, contextOf, person } from './support';

// A refund that is being paid, and what providers and the desk do with it, one step after the other.

export const finance = person('finance', ['finance']);
export const finance2 = person('finance2', ['finance']);

export interface Case {
  plan: Plan;
  state: ProcessState;
  /** Of the last step; null when it was refused. */
  effects: Effects | null;
  refused: { code: string; data: Record<string, unknown> } | null;
}

/** A refund of two legs, `al_1` and `al_2`, whose instructions have left; and of one that is given beside them. */
export function paying(gift?: Partial<Leg>): Case {
  const { plan, state } = accepted();
  const [first] = state.legs;
  if (!first) throw new Error('A refund has legs.');
  const legs = gift ? [...state.legs, { ...first, ...gift }] : state.legs;
  return { plan, state: { ...state, legs, status: 'paying', stage: null }, effects: null, refused: null };
}

let steps = 0;

export function apply(one: Case, transition: Transition, changes: Partial<TransitionContext> = {}): Case {
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

/** The case, where its last step was taken. @throws Error with the refusal */
export function taken(one: Case): Case {
  if (one.refused) throw new Error(`Refused: ${JSON.stringify(one.refused)}`);
  return one;
}

const sightingOf = (one: Case, legId: string, sighting: Partial<PaymentSighting>): PaymentSighting => ({
  source: 'event',
  outcome: 'succeeded',
  providerEventId: 'pe_1',
  providerRefundId: 're_1',
  amountMinor: legOf(one, legId)?.amountMinor ?? 0,
  failure: null,
  traceNumber: null,
  at: after(9),
  ...sighting,
});

/** The provider tells of a leg's payment: by default that all of it has moved. */
export function sight(one: Case, legId: string, sighting: Partial<PaymentSighting>, attempt?: number): Case {
  const sighted = {
    legId,
    attempt: attempt ?? legOf(one, legId)?.attempt ?? 1,
    sighting: sightingOf(one, legId, sighting),
  };
  return apply(one, { id: `pe_${steps}`, kind: 'provider_event', providerEventId: `pe_${steps}` }, { sighted });
}

/** The provider answers about a leg's payment, by default a question about its present attempt. */
export function answer(
  one: Case,
  legId: string,
  sighting: Partial<PaymentSighting>,
  { attempt, ...changes }: Partial<TransitionContext> & { attempt?: number } = {},
): Case {
  const told = { source: 'query' as const, providerEventId: null, ...sighting };
  return apply(
    one,
    {
      id: `p_${steps}`,
      kind: 'payment',
      legId,
      attempt: attempt ?? legOf(one, legId)?.attempt ?? 1,
      sighting: sightingOf(one, legId, told),
    },
    changes,
  );
}

/** What the books say of every leg when they have room for what moved after all, or none. */
export const withRoom = (one: Case, canBeTakenUp: boolean): Pick<TransitionContext, 'legs'> => ({
  legs: contextOf(one.plan, one.state, after(1)).legs.map((leg) => ({ ...leg, canBeTakenUp })),
});

export const act = (
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

/** Two people give a leg up. */
export function giveUp(one: Case, legId: string): Case {
  const id = `cm_up_${legId}_${steps}`;
  const proposed = taken(act(one, finance, { act: 'give_up', legId }, id));
  return taken(act(proposed, finance2, { act: 'confirm', proposalId: id }));
}

export const paid = (): Case => sight(sight(paying(), 'al_1', {}), 'al_2', {});
export const closed = { class: 'account_frozen_or_closed', code: 'closed' } as const;
export const comesBack = (one: Case, legId = 'al_1'): Case => sight(one, legId, { outcome: 'failed', failure: closed });
export const legOf = (one: Case, legId = 'al_1'): Leg | undefined => one.state.legs.find((leg) => leg.id === legId);

/** A payment by hand, with its proof. */
export const manual: Extract<DeskAction, { act: 'manual_payment' }> = {
  act: 'manual_payment',
  legId: 'al_1',
  proofEvidenceId: 'ev_1',
  paidAt: after(5),
};
