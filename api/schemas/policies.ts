import { POLICY_STATES } from '../../domain/policy';
import { freeText, instant, pageOf, redressId } from './common';
import { z } from './zod';

const date = z.iso.date().openapi({ example: '2027-06-30' });

/** As long as a policy of two hundred rules in two languages. */
const MAX_DOCUMENT_LENGTH = 512_000;

/** POST /v1/policies and its revisions */
export const policyDraftBody = z
  .strictObject({
    document: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: 'The policy; see GET /v1/policy-schema.' }),
    documentYaml: z.string().max(MAX_DOCUMENT_LENGTH).optional().openapi({ description: 'The same as YAML 1.2.' }),
    changeNote: freeText(1, 2_000).openapi({ description: 'What changes, and why.' }),
    legalReason: freeText(1, 2_000).optional().openapi({ description: 'The law that asks for the change.' }),
    reviewDueOn: date.optional().openapi({ description: 'When somebody must look at the policy again.' }),
  })
  .refine((body) => (body.document === undefined) !== (body.documentYaml === undefined), {
    params: { code: 'one_of' },
    message: 'one_of',
    path: ['document'],
  })
  .openapi('PolicyDraftInput');

export const policyApprovalBody = z
  .strictObject({
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .openapi({ description: 'The `hash` of the document that was read.' }),
  })
  .openapi('PolicyApprovalInput');

export const policyReturnBody = z.strictObject({ reason: freeText(1, 2_000) }).openapi('PolicyReturnInput');

export const policyParams = z.strictObject({ id: redressId('po') });
export const policyQuery = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,59}$/)
    .optional(),
  state: z.enum(POLICY_STATES).optional(),
});

const policySummary = z.object({
  id: redressId('po'),
  name: z.string(),
  version: z.int(),
  state: z.enum(POLICY_STATES),
  hash: z.string(),
  effectiveFrom: instant,
  changeNote: z.string(),
  legalReason: z.string().nullable(),
  reviewDueOn: date.nullable(),
  authors: z.array(z.string()).openapi({ description: 'Empty where an operator published it without a draft.' }),
  submittedBy: z.string().nullable(),
  submittedAt: instant.nullable(),
  reviewedBy: z.string().nullable(),
  reviewedAt: instant.nullable(),
  reviewNote: z.string().nullable(),
  createdAt: instant,
  links: z.object({
    self: z.string(),
    page: z.string().nullable().openapi({ description: 'The public page; null until it is published.' }),
  }),
});

export const policySummaryView = policySummary.openapi('PolicySummary');
export const policyView = policySummary
  .extend({ document: z.record(z.string(), z.unknown()) })
  .openapi('PolicyVersion');
export const policyList = pageOf(policySummaryView);
