import { planAcceptance, type AcceptanceFacts, type LegToPay, type TransitionContext } from '../../../domain/process';
import { cnShanghaiCalendar } from '../../../domain/calendar';
import { parsePolicy, type PolicyDocument } from '../../../domain/policy';
import type { Candidate, DecisionFacts } from '../../../domain/approval';
import type { Actor, DecisionContent, Plan, ProcessState, Transition } from '../../../domain/refund';
import document from '../../../prisma/seed/default-policy.json';

export const policy: PolicyDocument = parsePolicy(document);
export const calendar = cnShanghaiCalendar;

/** A Monday morning in Shanghai, far from the end of what the calendar is certified for. */
export const ACCEPTED_AT = '2026-03-02T01:00:00.000Z';

export const after = (minutes: number, from = ACCEPTED_AT): string =>
  new Date(Date.parse(from) + minutes * 60_000).toISOString();

export const STAFF: Candidate[] = [
  { personId: 'reviewer', roles: ['reviewer'] },
  { personId: 'reviewer2', roles: ['reviewer', 'second_reviewer'] },
  { personId: 'approver', roles: ['second_reviewer', 'approver'] },
  { personId: 'approver2', roles: ['approver'] },
];

export const NOBODY_AWAY: DecisionFacts = { currency: 'CNY', acceptedAt: ACCEPTED_AT, delegations: [], claim: null };

export const person = (personId: string, roles?: string[]): Actor => ({
  kind: 'person',
  id: `key-of-${personId}`,
  personId,
  roles: roles ?? STAFF.find((one) => one.personId === personId)?.roles ?? [],
});

export const facts = (changes: Partial<AcceptanceFacts> = {}): AcceptanceFacts => {
  const amountMinor = changes.amountMinor ?? 800_000;
  return {
    amountMinor,
    orderTotalOpenAndPaidMinor: amountMinor,
    goodwillMinor: 0,
    currency: 'CNY',
    channel: 'online',
    branch: null,
    jurisdiction: null,
    reasonCode: 'quality',
    descriptionLength: 6,
    evidenceCount: 0,
    placedAt: '2026-02-20T08:00:00Z',
    now: ACCEPTED_AT,
    lines: [{ category: 'furniture', attributes: {} }],
    payments: [
      {
        id: 'pm_1',
        provider: 'stripe',
        currency: 'CNY',
        availableMinor: 500_000,
        accounting: null,
        legId: 'al_1',
        reference: 'RDX1',
      },
      {
        id: 'pm_2',
        provider: 'stripe',
        currency: 'CNY',
        availableMinor: 300_000,
        accounting: null,
        legId: 'al_2',
        reference: 'RDX2',
      },
    ],
    excluded: [],
    calendar,
    policy,
    purchasePolicy: policy,
    candidates: STAFF,
    delegations: [],
    ...changes,
  };
};

/** An accepted refund of 8,000.00 over two payments, three stages. */
export function accepted(changes: Partial<AcceptanceFacts> = {}): { plan: Plan; state: ProcessState } {
  const { plan, state } = planAcceptance(facts(changes));
  return { plan, state };
}

export function contextOf(
  plan: Plan,
  state: ProcessState,
  at: string,
  changes: Partial<TransitionContext> = {},
): TransitionContext {
  const legs: LegToPay[] = facts().payments.map((payment) => {
    const leg = state.legs.find((one) => one.id === payment.legId);
    return {
      legId: payment.legId,
      paymentId: payment.id,
      provider: payment.provider,
      method: 'bank_card',
      reference: payment.reference,
      attempt: 1,
      amountMinor: leg?.amountMinor ?? 0,
      currency: 'CNY',
      accounting: null,
      reservedMinor: payment.availableMinor,
    };
  });
  return {
    plan,
    calendar,
    at,
    legs,
    answered: null,
    deciders: [],
    behindKey: [],
    candidates: STAFF,
    facts: NOBODY_AWAY,
    sighted: null,
    canReturn: () => false,
    providerToAccounts: () => 'to_accounts',
    receivedAt: null,
    desk: {
      isUnsent: true,
      proofFound: true,
      destination: { kind: 'usable' },
      money: { mode: 'test', currency: 'CNY' },
    },
    newReference: () => 'RNEWREFERENCE',
    backOffOf: () => ({ delaysSeconds: [10, 60], maxQueries: 3 }),
    ...changes,
  };
}

export const decision = (
  actor: Actor,
  content: Partial<DecisionContent> & Pick<DecisionContent, 'stage'>,
  n = 0,
): Extract<Transition, { kind: 'decision' }> => ({
  id: `cm_${n}`,
  kind: 'decision',
  commandId: `cm_${n}`,
  actor,
  content: { decision: 'approve', snapshotVersion: 1, approvedAmountMinor: null, ...content },
});
