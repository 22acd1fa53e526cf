import { parsePolicy, type PolicyDocument } from '../domain/policy';
import { listPolicies, type Database } from '../store';

/** A version that people put in force, or that will be. */
export interface PublishedVersion {
  name: string;
  version: number;
  effectiveFrom: string;
  /** Read once, when it is first asked for. */
  document: () => PolicyDocument;
}

/** The latest first, as acceptance looks at them. */
export async function publishedVersions(db: Database, mode: 'live' | 'test'): Promise<PublishedVersion[]> {
  const policies = await listPolicies(db, mode);
  return policies
    .filter((policy) => policy.status === 'published')
    .toSorted((a, b) => Date.parse(b.effectiveFrom) - Date.parse(a.effectiveFrom) || b.version - a.version)
    .map(({ name, version, effectiveFrom, document }) => {
      let parsed: PolicyDocument | undefined;
      return { name, version, effectiveFrom, document: () => (parsed ??= parsePolicy(document)) };
    });
}
