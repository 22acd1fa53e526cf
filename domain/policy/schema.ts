import { z } from 'zod';

import { ALLOCATION_STRATEGIES, isCurrency, MAX_AMOUNT_MINOR } from '../money';
import type { Role } from '../people';
import { SHIPPING_RULES } from '../refund';
import { DEFAULT_RISK_POINTS, RISK_SIGNALS, type RiskSignal } from '../risk';
import { checkCondition, MAX_CONDITION_LENGTH } from './conditions';
import { checkDraft, checkReferences } from './references';

/** Roles that may decide a stage. Systems and administrators never do. */
export const DECIDING_ROLES = ['reviewer', 'second_reviewer', 'approver'] as const satisfies readonly Role[];

/** By the money that is open and paid on the order together. */
export const TIERS = ['small', 'medium', 'large'] as const;

export type Tier = (typeof TIERS)[number];

export const PAYMENT_METHODS = ['bank_card', 'alipay', 'wechat_balance', 'wechat_bank_card', 'bank_account'] as const;

export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

const slug = z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, 'must be lower-case letters, digits, "_" or "-"');
const text = z.string().trim().min(1).max(500);
const localizedText = z.strictObject({ en: text, 'zh-CN': text });
const instant = z.iso.datetime({ error: 'must be an instant such as 2026-01-01T00:00:00Z' });
const days = z.int().min(1).max(3660);

const stageSchema = z.strictObject({
  id: slug,
  label: localizedText,
  role: z.enum(DECIDING_ROLES),
  /** How many people must approve. */
  quorum: z.int().min(1).max(5),
  clock: z.strictObject({
    /** Working days after acceptance, or after the answer that opened a new round. */
    dueBusinessDays: z.int().min(1).max(60),
    /** A stage that opens late still gets this much working time. */
    minimumBusinessMinutes: z.int().min(5).max(10_000),
  }),
  /** The calendar of the team that decides it; it wins over that of the branch and of the policy. */
  calendarId: slug.optional(),
  ladder: z.strictObject({
    /** Reminders, in percent of the stage's working time. */
    remindAtPercent: z.array(z.int().min(1).max(99)).max(5),
    /**
     * Who may decide too, the first at the due instant, each next one a step later; after the last, the desk. Where no
     * higher level exists a role may stand here again: the rung calls on all who hold it once more.
     */
    escalateTo: z.array(z.enum(DECIDING_ROLES)).max(5),
    /** From one escalation to the next, and to the desk, in percent of the stage's working time. */
    stepPercent: z.int().min(1).max(200),
  }),
});

const tierSchema = z.strictObject({
  tier: z.enum(TIERS),
  /** The largest total that still belongs to this tier; null in the last. */
  upToMinor: z.int().min(1).max(MAX_AMOUNT_MINOR).nullable(),
  stageIds: z.array(slug).min(1),
});

/** An expression in CEL over the facts of conditions.ts, such as `order.ageDays > 90 && order.jurisdiction == "CN"`. */
const celSchema = z
  .string()
  .trim()
  .min(1)
  .max(MAX_CONDITION_LENGTH)
  .superRefine((source, context) => {
    const problem = checkCondition(source);
    if (problem)
      context.addIssue({
        code: 'custom',
        message: `line ${problem.line}, column ${problem.column}: ${problem.why}`,
      });
  });

/** Who decides when its condition holds, whatever the thresholds say. */
const routeSchema = z.strictObject({
  id: slug,
  /** Why, as the reviewer and a preview are told. */
  label: localizedText,
  when: celSchema,
  tier: z.enum(TIERS),
  stageIds: z.array(slug).min(1),
});

/**
 * What the machine approves at once. Its limit counts what is open and paid on the order together, so that a large refund
 * cannot be asked for in small parts, and holds in the currencies that it names alone.
 */
const automaticApprovalSchema = z.strictObject({
  id: slug,
  /** What everybody is told whom it approves for. */
  label: localizedText,
  when: celSchema,
  maxMinor: z
    .record(z.string().refine(isCurrency, 'must be an ISO 4217 currency code'), z.int().min(1).max(MAX_AMOUNT_MINOR))
    .refine((limits) => Object.keys(limits).length > 0, 'must name the limit of at least one currency'),
});

/** What limits the clocks of stages: the earliest of a stage's clock and its limits is when it is due. */
const deadlineSchema = z.strictObject({
  id: slug,
  /** Why, as the reviewer is told. */
  label: localizedText,
  stageIds: z.union([z.literal('any'), z.array(slug).min(1)]),
  /** Only for these tiers; absent: for all. */
  tiers: z.array(z.enum(TIERS)).min(1).optional(),
  /** Only where this holds; where it cannot be answered the limit holds, because that keeps nobody waiting. */
  when: celSchema.optional(),
  within: z.discriminatedUnion('kind', [
    /** From where the stage's clock counts, standing still with it. */
    z.strictObject({ kind: z.literal('workingDays'), days: z.int().min(1).max(60) }),
    /** Days of 24 hours from acceptance, holidays and pauses included, as law counts. */
    z.strictObject({ kind: z.literal('calendarDays'), days: z.int().min(1).max(366) }),
  ]),
  /** Where the law says so: which, and whether counsel has confirmed it. */
  law: z.strictObject({ source: text, confirmedByCounsel: z.boolean() }).optional(),
});

const reasonSchema = z.strictObject({
  code: slug,
  label: localizedText,
  /** In characters. */
  minDescriptionLength: z.int().min(0).max(1000),
  /** `none`: not asked for; `optional`: asked for, can be left out; `required`: no request without. */
  evidence: z.enum(['none', 'optional', 'required']),
});

const conditionSchema = z.discriminatedUnion('kind', [
  /** The expression is true. One that cannot be answered declines nothing: the request goes to people. */
  z.strictObject({ kind: z.literal('expression'), cel: celSchema }),
  /** The order was placed more than this many days of 24 hours ago. */
  z.strictObject({ kind: z.literal('maxOrderAgeDays'), days }),
  /** Every line that is to be refunded is of one of these categories. */
  z.strictObject({ kind: z.literal('notRefundableCategories'), categories: z.array(z.string().min(1)).min(1) }),
  /** Every line that is to be refunded has this attribute with this value. */
  z.strictObject({
    kind: z.literal('notRefundableAttributes'),
    attribute: z.string().min(1),
    equals: z.union([z.boolean(), z.number(), z.string()]),
  }),
]);

const clauseSchema = z.strictObject({
  id: slug,
  /** What the customer is told. */
  texts: localizedText,
  /** The reasons that the clause is about. */
  reasonCodes: z.union([z.literal('any'), z.array(slug).min(1)]),
  when: conditionSchema,
});

const arrivalSchema = z
  .strictObject({ fromWorkingDays: z.int().min(0).max(60), toWorkingDays: z.int().min(1).max(60) })
  .refine((range) => range.fromWorkingDays <= range.toWorkingDays, 'must not end before it begins');

/** What a refund pays and keeps back. A policy that says nothing pays lines without shipping and keeps nothing back. */
const amountsSchema = z.strictObject({
  /** How a refund is spread over several payments, where the request does not say. */
  allocation: z.enum(ALLOCATION_STRATEGIES).default('original_first'),
  /** Whether the named lines take shipping with them. */
  shipping: z.enum(SHIPPING_RULES).default('none'),
  /** Fees that may be kept back, each up to a part of the gross amount. */
  deductions: z
    .array(z.strictObject({ code: slug, label: localizedText, maxPercent: z.int().min(1).max(99) }))
    .max(20)
    .default([]),
  /** Jurisdictions of orders whose law forbids to keep anything back. */
  noDeductionsIn: z.array(z.string().min(1).max(64)).max(100).default([]),
  /** What may be given beside a refund, and for what, with its limit per refund by currency; none where nothing is said. */
  goodwill: z
    .strictObject({
      codes: z.array(z.strictObject({ code: slug, label: localizedText })).max(20),
      maxMinor: z.record(
        z.string().refine(isCurrency, 'must be an ISO 4217 currency code'),
        z.int().min(1).max(MAX_AMOUNT_MINOR),
      ),
    })
    .default({ codes: [], maxMinor: {} }),
});

const pointsOf = (signal: RiskSignal) =>
  (signal === 'clean_history' ? z.int().min(-100).max(0) : z.int().min(0).max(100)).default(
    DEFAULT_RISK_POINTS[signal],
  );

/** What is done about a grade. It makes a refund slower and looks closer, and refuses nothing. */
const measureSchema = z
  .strictObject({
    /** Stages that decide too, beside those that decide anyway. */
    stageIds: z.array(slug).max(10).default([]),
    /** By the wall clock between the last approval and the payment. */
    coolingOffHours: z.int().min(0).max(72).default(0),
  })
  .prefault({});

const riskSchema = z.strictObject({
  /** What each signal adds to the score; 0 leaves it out. A clean history takes away. */
  points: z
    .strictObject(
      Object.fromEntries(RISK_SIGNALS.map((signal) => [signal, pointsOf(signal)])) as Record<
        RiskSignal,
        ReturnType<typeof pointsOf>
      >,
    )
    .prefault({}),
  elevatedFrom: z.int().min(1).max(100).default(30),
  highFrom: z.int().min(1).max(100).default(60),
  /** From this grade on the machine approves nothing. */
  peopleFrom: z.enum(['elevated', 'high']).default('high'),
  elevated: measureSchema,
  high: measureSchema,
});

/**
 * A refund policy, the whole of it: who decides what by when, what may not be refunded, what customers are promised.
 * Strict, so that a misspelt field is an error and not a rule that silently does not hold.
 */
export const policyDocumentSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    name: slug,
    version: z.int().min(1),
    effectiveFrom: instant,
    /** The business calendar by which its working days are counted. */
    calendarId: slug,
    /** Of branches with hours, holidays or a time zone of their own, by the branch of the order. */
    branchCalendars: z.record(z.string().min(1).max(64), slug).optional(),
    /** In the order in which they decide. */
    stages: z.array(stageSchema).min(1).max(10),
    /** By currency; a currency that is not here takes every stage. */
    thresholds: z.record(
      z.string().refine(isCurrency, 'must be an ISO 4217 currency code'),
      z.array(tierSchema).min(1).max(TIERS.length),
    ),
    /** Looked at in their order before the thresholds; the first whose condition holds says who decides. */
    routes: z.array(routeSchema).max(200).default([]),
    /** Looked at behind the routes; the first that applies approves. None: people decide everything. */
    automaticApprovals: z.array(automaticApprovalSchema).max(50).default([]),
    deadlines: z.array(deadlineSchema).max(100).optional(),
    reasonCodes: z.array(reasonSchema).min(1),
    /** What the machine declines at once; the first clause that applies is the one that is told. */
    ineligible: z.array(clauseSchema).max(200),
    /** By the wall clock from acceptance until a person has acted. */
    firstResponseHours: z.int().min(1).max(720),
    customerAnswer: z.strictObject({
      requestInfoBusinessDays: z.int().min(1).max(60),
      sendBackBusinessDays: z.int().min(1).max(60),
      maxRounds: z.int().min(0).max(10),
      /**
       * In which a customer takes less than they asked for, or appeals where they may, and then no less than `appealWindowDays`; left
       * out: it is paid without asking.
       */
      offerBusinessDays: z.int().min(1).max(60).optional(),
    }),
    amounts: amountsSchema.prefault({}),
    /** How risk is counted, and what is done about it; where nothing is said, people decide what is of high risk. */
    risk: riskSchema.prefault({}),
    /**
     * Days by the clock in which a decline, or an offer of less, can be appealed, once; as long, what was asked for stays
     * reserved. 0: not at all.
     */
    appealWindowDays: z.int().min(0).max(90),
    /** Up to these amounts, by currency, letters to those who may decide hold a link by which they can. None: no letter does. */
    stepUpMinor: z
      .record(z.string().refine(isCurrency, 'must be an ISO 4217 currency code'), z.int().min(1).max(MAX_AMOUNT_MINOR))
      .default({}),
    /** `off` is for shops of one person: who asked for a refund or decided it before may decide it, and every refund says so. */
    separationOfDuties: z.enum(['on', 'off']).default('on'),
    arrivalWatchDays: z.int().min(1).max(365),
    arrival: z.strictObject({
      bank_card: arrivalSchema,
      alipay: arrivalSchema,
      wechat_balance: arrivalSchema,
      wechat_bank_card: arrivalSchema,
      bank_account: arrivalSchema,
    } satisfies Record<PaymentMethod, typeof arrivalSchema>),
  })
  .superRefine((policy, context) => {
    for (const problem of checkReferences(policy)) {
      context.addIssue({ code: 'custom', path: problem.path, message: problem.message });
    }
  });

export type PolicyDocument = z.infer<typeof policyDocumentSchema>;

/** A document that is not a policy; `problems` name every field that is wrong. */
export class InvalidPolicyError extends Error {
  override readonly name = 'InvalidPolicyError';

  constructor(readonly problems: readonly { path: string; message: string }[]) {
    super(`Not a policy: ${problems.map((problem) => `${problem.path} ${problem.message}`).join('; ')}`);
  }
}

/**
 * Reads a value, such as a stored document, as a policy.
 * @throws InvalidPolicyError
 */
export function parsePolicy(json: unknown): PolicyDocument {
  const result = policyDocumentSchema.safeParse(json);
  if (result.success) return result.data;
  throw new InvalidPolicyError(
    result.error.issues.map((issue) => ({ path: issue.path.join('.') || 'document', message: issue.message })),
  );
}

/**
 * Reads what an author sent as a policy that may be put in force from now on: `parsePolicy`, and what only new versions must say.
 * @throws InvalidPolicyError
 */
export function parseDraft(json: unknown): PolicyDocument {
  const policy = parsePolicy(json);
  const problems = checkDraft(policy);
  if (problems.length === 0) return policy;
  throw new InvalidPolicyError(problems.map(({ path, message }) => ({ path: path.join('.'), message })));
}
