import { ALLOCATION_STRATEGIES } from '../../domain/money';
import { TIERS } from '../../domain/policy';
import { explainedDeadline } from './common';
import { breakdown } from './refunds';
import { z } from './zod';

const localizedText = z.object({ en: z.string(), 'zh-CN': z.string() });

/** What would become of a request. */
export const refundPreview = z
  .looseObject({
    eligible: z.boolean(),
    decidedBy: z
      .enum(['people', 'machine'])
      .openapi({ description: 'The machine decides by an explicit clause alone.' }),
    clause: z.object({ id: z.string(), text: z.string(), policyVersion: z.string() }).nullable().openapi({
      description: 'By which the machine declines (policy in force at purchase) or approves (policy in force now).',
    }),
    amountMinor: z.int(),
    currency: z.string(),
    refundableMinor: z.int().openapi({ description: 'What is left of the order’s payments.' }),
    allocationStrategy: z.enum(ALLOCATION_STRATEGIES),
    payments: z.array(z.object({ paymentExternalId: z.string(), amountMinor: z.int() })),
    breakdown,
    goodwill: z.object({ code: z.string(), label: localizedText, amountMinor: z.int() }).nullable(),
    policyVersion: z.string().openapi({ description: 'Says who decides and by when.' }),
    purchasePolicyVersion: z.string().openapi({ description: 'Says what may be refunded.' }),
    tier: z.enum(TIERS),
    route: z
      .object({ id: z.string(), label: z.string() })
      .nullable()
      .openapi({ description: 'The special case of the policy that says who decides; null: its thresholds do.' }),
    firstResponseDueAt: z.string().nullable(),
    stages: z
      .array(
        z.looseObject({
          stage: z.string(),
          label: z.string(),
          role: z.string(),
          quorum: z.int(),
          dueAt: z.string(),
          deadline: explainedDeadline,
          staffed: z.boolean().optional(),
          explanation: z.string(),
        }),
      )
      .openapi({
        description:
          'In the order in which they decide. `dueAt` is as if the stages before were decided at once. Staff also get `peopleCount` and `staffed`.',
      }),
  })
  .openapi('RefundPreview');
