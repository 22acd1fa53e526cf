import { TIERS } from '../../domain/policy';
import { RISK_GRADES } from '../../domain/risk';
import { CHANGES, VERDICTS } from '../../domain/simulation';
import { currency, externalId, instant, redressId } from './common';
import { z } from './zod';

/** POST /v1/policies/{id}/simulate */
export const policySimulationBody = z
  .strictObject({
    from: instant.openapi({ description: 'Refunds accepted at or after this instant.' }),
    to: instant.openapi({
      description: 'And before this one, which lies at least 30 seconds in the past. At most 366 days.',
    }),
    against: z.enum(['decisions', 'in_force']).default('decisions').openapi({
      description:
        'What outcomes are compared with: what was decided at acceptance, or what the policy in force now would decide.',
    }),
    eligibilityBy: z.enum(['this_version', 'version_at_purchase']).default('this_version').openapi({
      description:
        'What says whether a request is eligible: this version itself, or the version that was in force at purchase, as it goes on to for what was bought before a version takes effect.',
    }),
    branch: externalId.optional().openapi({ description: 'Refunds of this branch alone.', example: 'shanghai-1' }),
    currency: currency.optional().openapi({ description: 'Refunds in this currency alone.' }),
    limit: z
      .int()
      .min(0)
      .max(500)
      .default(50)
      .openapi({ description: 'Differences that are shown, newest refund first. All are counted.', example: 50 }),
  })
  .openapi('PolicySimulationInput');

const gradedRisk = z.object({ score: z.int(), grade: z.enum(RISK_GRADES) }).nullable();
const count = z.int();
const minor = z.int();

const perName = <N extends string, T extends z.ZodType>(names: readonly N[], type: T): Record<N, T> =>
  Object.fromEntries(names.map((name) => [name, type])) as Record<N, T>;

const outcome = z.object({
  outcome: z.enum(VERDICTS),
  clause: z.string().nullable().openapi({ description: 'By which the machine approves or declines.' }),
  refusal: z.string().nullable().openapi({ description: 'Why it is not accepted at all.' }),
  tier: z.string().nullable(),
  stages: z.array(z.object({ stage: z.string(), role: z.string(), quorum: z.int(), dueBusinessDays: z.int() })),
});

const hours = z.array(z.object({ hour: z.int(), openings: count, meanPerDay: z.number(), peak: count }));

export const policySimulation = z
  .object({
    policyId: redressId('po'),
    policyVersion: z.string(),
    against: z.enum(['decisions', 'in_force']),
    againstPolicyVersion: z.string().nullable().openapi({ description: 'Null: each refund’s own decision.' }),
    eligibilityBy: z.enum(['this_version', 'version_at_purchase']),
    period: z.object({ from: instant, to: instant }),
    branch: z.string().nullable(),
    currency: z.string().nullable(),
    cases: count,
    outcomes: z.object(perName(VERDICTS, count)).openapi({
      description:
        '`people` decide, the machine has `approved` or `declined`; `refused`: the reason would not be accepted, so that there would be no refund.',
    }),
    autoRate: z
      .number()
      .nullable()
      .openapi({ description: 'The part of what is accepted that no person decides. Null where nothing is accepted.' }),
    clauses: z.array(z.object({ outcome: z.enum(['approved', 'declined']), clause: z.string(), cases: count })),
    refusals: z.array(z.object({ refusal: z.string(), cases: count })),
    tiers: z.array(z.object({ tier: z.string(), cases: count })),
    routes: z
      .array(z.object({ route: z.string().nullable(), cases: count }))
      .openapi({ description: 'By special case; null: by the thresholds.' }),
    stagePlans: z
      .array(z.object({ stages: outcome.shape.stages, cases: count }))
      .openapi({ description: 'Who would be asked, of what people decide.' }),
    roles: z
      .array(z.object({ role: z.string(), cases: count }))
      .openapi({ description: 'In how many cases each role is asked.' }),
    money: z
      .array(
        z.object({
          currency: z.string(),
          approvedMinor: minor,
          declinedMinor: minor,
          refusedMinor: minor,
          peopleMinor: z.object(perName(TIERS, minor)),
        }),
      )
      .openapi({
        description:
          'What was asked for, goodwill included: approved or declined by the machine, refused, decided by people by tier.',
      }),
    risk: z
      .array(z.object({ grade: z.enum([...RISK_GRADES, 'unknown']), cases: count }))
      .openapi({ description: 'By the version’s own scale; `unknown` where nothing was kept to count.' }),
    unanswered: z
      .array(z.object({ rule: z.string(), cases: count }))
      .openapi({ description: 'Rules whose condition could not be answered: every stage decides those cases.' }),
    load: z
      .object({
        calendarId: z.string(),
        timeZone: z.string(),
        days: count,
        workingDays: count,
        roles: z.array(z.object({ role: z.string(), openings: count, approvals: count, hours, workingHours: hours })),
      })
      .openapi({
        description:
          'Stages that open, by role and hour of the calendar’s day: mean a day, and the most in that hour of one day. Every stage counts in the hour of acceptance, since nobody knows when those before it would have been decided. `workingHours`: what comes outside working time counts where work begins again, and the mean is over working days. `approvals`: how many persons must approve.',
      }),
    differences: z.object({
      total: count,
      byChange: z.object(perName(CHANGES, count)),
      shown: z.array(
        z.object({
          refundId: redressId('rf'),
          acceptedAt: instant,
          amountMinor: minor,
          currency: z.string(),
          changes: z.array(z.enum(CHANGES)),
          before: outcome,
          after: outcome.extend({ route: z.string().nullable(), unanswered: z.array(z.string()), risk: gradedRisk }),
          approximated: z.array(z.string()),
        }),
      ),
    }),
    approximated: z.object({ cases: count, facts: z.array(z.object({ fact: z.string(), cases: count })) }).openapi({
      description:
        'Refunds accepted before facts were kept are judged by what is stored now. In so many, a fact may have been another at acceptance; these facts.',
    }),
  })
  .openapi('PolicySimulation');
