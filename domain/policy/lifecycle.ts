/** What is stored of a version's course. */
export const POLICY_STATUSES = ['draft', 'in_review', 'published'] as const;
export type PolicyStatus = (typeof POLICY_STATUSES)[number];

/** How a version is named to everybody: `default@4`. */
export const versionName = ({ name, version }: { name: string; version: number }): string => `${name}@${version}`;

/** Where a version stands: what is published is scheduled, in force, or retired by a later one of its name. */
export const POLICY_STATES = ['draft', 'in_review', 'scheduled', 'in_force', 'retired'] as const;
export type PolicyState = (typeof POLICY_STATES)[number];

export interface PolicyCourse {
  name: string;
  version: number;
  status: PolicyStatus;
  /** ISO instant. */
  effectiveFrom: string;
}

/**
 * Where a version stands at an instant.
 * @param others all versions of its name, itself included or not
 */
export function policyStateAt(policy: PolicyCourse, others: readonly PolicyCourse[], nowIso: string): PolicyState {
  if (policy.status !== 'published') return policy.status;
  const nowMs = Date.parse(nowIso);
  if (Date.parse(policy.effectiveFrom) > nowMs) return 'scheduled';
  const isReplaced = others.some(
    (other) =>
      other.name === policy.name &&
      other.status === 'published' &&
      Date.parse(other.effectiveFrom) <= nowMs &&
      comesLater(other, policy),
  );
  return isReplaced ? 'retired' : 'in_force';
}

/** The later one takes effect later or, at the same instant, has the higher version. */
function comesLater(a: PolicyCourse, b: PolicyCourse): boolean {
  const byInstant = Date.parse(a.effectiveFrom) - Date.parse(b.effectiveFrom);
  return byInstant === 0 ? a.version > b.version : byInstant > 0;
}

/**
 * The versions that judge a request: the one in force at its acceptance, and the one in force at purchase, which is the
 * latest that had taken effect then, else the first ever. Null when none is in force.
 * @param published the latest first; all instants in one form, such as toISOString gives
 */
export function chooseVersions<T extends { effectiveFrom: string }>(
  published: readonly T[],
  acceptedAt: string,
  placedAt: string,
): { current: T; atPurchase: T } | null {
  const inForce = published.filter((version) => version.effectiveFrom <= acceptedAt);
  const [current] = inForce;
  if (!current) return null;
  const atPurchase = inForce.find((version) => version.effectiveFrom <= placedAt) ?? inForce.at(-1) ?? current;
  return { current, atPurchase };
}

export type ReviewRefusal = 'same_person' | 'another_content' | 'effective_in_past';

/**
 * Whether a person may put a version in force: nobody who wrote on it or submitted it, what they have read is what stands there,
 * and it does not judge what has happened already.
 */
export function judgePolicyApproval(
  draft: { authors: readonly string[]; submittedBy: string | null; hash: string; effectiveFrom: string },
  approval: { personId: string; hash: string },
  nowIso: string,
): ReviewRefusal | null {
  if (draft.authors.includes(approval.personId) || approval.personId === draft.submittedBy) return 'same_person';
  if (approval.hash !== draft.hash) return 'another_content';
  return Date.parse(draft.effectiveFrom) < Date.parse(nowIso) ? 'effective_in_past' : null;
}
