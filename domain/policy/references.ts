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
  stages: { id: string; ladder: { remindAtPercent: number[] } }[];
  thresholds: Record<string, TierReferences[]>;
  reasonCodes: { code: string }[];
  ineligible: { id: string; reasonCodes: 'any' | string[] }[];
  amounts: { deductions: { code: string }[]; goodwill: { codes: { code: string }[] } };
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
    ...Object.entries(policy.thresholds).flatMap(([currency, tiers]) => checkTiers(tiers, currency, stageIds)),
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
    const positions = tier.stageIds.map((id) => stageIds.indexOf(id));
    if (positions.includes(-1) || !isIncreasing(positions)) {
      problems.push({
        path: ['thresholds', currency, index, 'stageIds'],
        message: 'must name stages of this policy, in their order and each once',
      });
    }
  }
  return problems;
}

function duplicates(values: string[], ...path: string[]): Problem[] {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  return twice === undefined ? [] : [{ path, message: `must not name "${twice}" twice` }];
}

const isIncreasing = (values: number[]): boolean =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
