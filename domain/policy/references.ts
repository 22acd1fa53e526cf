interface Problem {
  path: (string | number)[];
  message: string;
}

interface TierReferences {
  tier: string;
  upToMinor: number | null;
  stageIds: string[];
}

interface PolicyReferences {
  stages: { id: string; quorum: number; ladder: { remindAtPercent: number[] } }[];
  separationOfDuties: 'on' | 'off';
  thresholds: Record<string, TierReferences[]>;
  reasonCodes: { code: string }[];
  routes: { id: string; when: string; stageIds: string[] }[];
  automaticApprovals: { id: string; when: string }[];
  deadlines?: { id: string; stageIds: 'any' | string[]; when?: string | undefined }[] | undefined;
  ineligible: { id: string; reasonCodes: 'any' | string[]; when: { kind: string; cel?: string } }[];
  amounts: { deductions: { code: string }[]; goodwill: { codes: { code: string }[] } };
  risk: {
    elevatedFrom: number;
    highFrom: number;
    elevated: { stageIds: string[] };
    high: { stageIds: string[] };
  };
}

/** What the shape of a policy cannot say: that its parts name each other correctly and stand in order. */
export function checkReferences(policy: PolicyReferences): Problem[] {
  const stageIds = policy.stages.map((stage) => stage.id);
  const reasonCodes = policy.reasonCodes.map((reason) => reason.code);
  return [
    ...duplicates(stageIds, 'stages'),
    ...duplicates(reasonCodes, 'reasonCodes'),
    ...duplicates(
      policy.ineligible.map((clause) => clause.id),
      'ineligible',
    ),
    ...duplicates(
      policy.amounts.deductions.map((deduction) => deduction.code),
      'amounts',
      'deductions',
    ),
    ...duplicates(
      policy.amounts.goodwill.codes.map((one) => one.code),
      'amounts',
      'goodwill',
      'codes',
    ),
    ...policy.stages.flatMap((stage, index) =>
      isIncreasing(stage.ladder.remindAtPercent)
        ? []
        : [
            {
              path: ['stages', index, 'ladder', 'remindAtPercent'],
              message: 'must rise from one reminder to the next',
            },
          ],
    ),
    ...policy.stages.flatMap(({ quorum }, index) =>
      policy.separationOfDuties === 'off' && quorum > 1
        ? [{ path: ['stages', index, 'quorum'], message: 'must be 1 where duties are not separated' }]
        : [],
    ),
    ...Object.entries(policy.thresholds).flatMap(([currency, tiers]) => checkTiers(tiers, currency, stageIds)),
    ...duplicates(
      policy.routes.map((route) => route.id),
      'routes',
    ),
    ...policy.routes.flatMap((route, index) => checkStageIds(route.stageIds, stageIds, ['routes', index])),
    ...(policy.risk.elevatedFrom < policy.risk.highFrom
      ? []
      : [{ path: ['risk', 'highFrom'], message: 'must be above elevatedFrom' }]),
    ...(['elevated', 'high'] as const).flatMap((grade) =>
      checkStageIds(policy.risk[grade].stageIds, stageIds, ['risk', grade]),
    ),
    ...duplicates(
      policy.automaticApprovals.map((rule) => rule.id),
      'automaticApprovals',
    ),
    ...checkReach(policy),
    ...checkDeadlines(policy.deadlines ?? [], stageIds),
    ...policy.ineligible.flatMap((clause, index) =>
      (clause.reasonCodes === 'any' ? [] : clause.reasonCodes)
        .filter((code) => !reasonCodes.includes(code))
        .map((code) => ({
          path: ['ineligible', index, 'reasonCodes'],
          message: `names no reason of this policy: ${code}`,
        })),
    ),
  ];
}

/**
 * What an author is refused although a policy that stands stays in force with it: what was published before goes on being read.
 * Whoever may appeal can appeal less than they asked for, too, and what they asked for stays reserved until then; without days
 * for an offer it is paid, and the rest given back, at once.
 */
export const checkDraft = ({ appealWindowDays, customerAnswer }: DraftReferences): Problem[] =>
  appealWindowDays > 0 && customerAnswer.offerBusinessDays === undefined
    ? [
        {
          path: ['customerAnswer', 'offerBusinessDays'],
          message:
            'must be set where appealWindowDays is above 0: else less than was asked for is paid at once, and nothing is left to appeal for. Set it, from 1 to 60 working days, or set appealWindowDays to 0',
        },
      ]
    : [];

interface DraftReferences {
  appealWindowDays: number;
  customerAnswer: { offerBusinessDays?: number | undefined };
}

function checkTiers(tiers: TierReferences[], currency: string, stageIds: string[]): Problem[] {
  const problems: Problem[] = duplicates(
    tiers.map((tier) => tier.tier),
    'thresholds',
    currency,
  );
  const limits = tiers.map((tier) => tier.upToMinor);
  if (limits.at(-1) !== null) {
    problems.push({ path: ['thresholds', currency], message: 'must end with a tier whose upToMinor is null' });
  }
  const finite = limits.slice(0, -1);
  if (finite.includes(null) || !isIncreasing(finite.filter((limit) => limit !== null))) {
    problems.push({ path: ['thresholds', currency], message: 'must have an upToMinor that rises from tier to tier' });
  }
  for (const [index, tier] of tiers.entries()) {
    problems.push(...checkStageIds(tier.stageIds, stageIds, ['thresholds', currency, index]));
  }
  return problems;
}

function checkStageIds(named: string[], stageIds: string[], path: (string | number)[]): Problem[] {
  const positions = named.map((id) => stageIds.indexOf(id));
  return positions.includes(-1) || !isIncreasing(positions)
    ? [{ path: [...path, 'stageIds'], message: 'must name stages of this policy, in their order and each once' }]
    : [];
}

/** What the due instant of a stage is said to be given by, beside limits. */
const OTHER_GIVERS = ['stage_clock', 'minimum', 'desk'];

function checkDeadlines(deadlines: NonNullable<PolicyReferences['deadlines']>, stageIds: string[]): Problem[] {
  return [
    ...duplicates(
      deadlines.map(({ id }) => id),
      'deadlines',
    ),
    ...deadlines.flatMap((rule, index) => [
      ...(OTHER_GIVERS.includes(rule.id)
        ? [{ path: ['deadlines', index, 'id'], message: `must not be one of ${OTHER_GIVERS.join(', ')}` }]
        : []),
      ...(rule.stageIds === 'any' ? [] : checkStageIds(rule.stageIds, stageIds, ['deadlines', index])),
      ...(rule.when !== undefined && isNever(rule.when)
        ? [{ path: ['deadlines', index, 'when'], message: 'never holds' }]
        : []),
    ]),
  ];
}

/** What can never apply because an earlier rule always does, and a clause that leaves nothing to be refunded. */
function checkReach({ routes, automaticApprovals, ineligible, reasonCodes }: PolicyReferences): Problem[] {
  const problems: Problem[] = [];
  for (const [index, route] of routes.entries()) {
    const earlier = routes.slice(0, index).find(({ when }) => isAlways(when) || when === route.when);
    if (earlier) problems.push({ path: ['routes', index], message: `is never reached: "${earlier.id}" comes first` });
    if (isNever(route.when)) problems.push({ path: ['routes', index, 'when'], message: 'never holds' });
  }
  for (const [index, rule] of automaticApprovals.entries()) {
    const earlier = routes.find(({ when }) => isAlways(when) || when === rule.when);
    if (earlier)
      problems.push({ path: ['automaticApprovals', index], message: `is never reached: "${earlier.id}" comes first` });
    if (isNever(rule.when)) problems.push({ path: ['automaticApprovals', index, 'when'], message: 'never holds' });
  }
  for (const [index, clause] of ineligible.entries()) {
    const { cel } = clause.when;
    if (cel === undefined) continue;
    const earlier = ineligible
      .slice(0, index)
      .find(
        (other) =>
          other.when.cel !== undefined && covers(other, clause) && (isAlways(other.when.cel) || other.when.cel === cel),
      );
    if (earlier)
      problems.push({ path: ['ineligible', index], message: `is never reached: "${earlier.id}" comes first` });
    if (isNever(cel)) problems.push({ path: ['ineligible', index, 'when', 'cel'], message: 'never holds' });
    if (isAlways(cel) && covers(clause, { reasonCodes: reasonCodes.map(({ code }) => code) }))
      problems.push({ path: ['ineligible', index, 'when', 'cel'], message: 'declines every request' });
  }
  return problems;
}

type Reasons = Pick<PolicyReferences['ineligible'][number], 'reasonCodes'>;

function covers(wide: Reasons, narrow: Reasons): boolean {
  if (wide.reasonCodes === 'any') return true;
  const { reasonCodes } = wide;
  return narrow.reasonCodes !== 'any' && narrow.reasonCodes.every((code) => reasonCodes.includes(code));
}

const isAlways = (cel: string): boolean => cel.trim() === 'true';
const isNever = (cel: string): boolean => cel.trim() === 'false';

function duplicates(values: string[], ...path: string[]): Problem[] {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  return twice === undefined ? [] : [{ path, message: `must not name "${twice}" twice` }];
}

const isIncreasing = (values: number[]): boolean =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
