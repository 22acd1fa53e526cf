import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { appendSharedAudit } from './audit';
import type { Database, Db } from './client';

type Mode = 'live' | 'test';

export interface PolicyVersion {
  name: string;
  version: number;
  effectiveFrom: string;
  /** As the policy rules read it: parsePolicy of domain/policy. */
  document: unknown;
}

/**
 * Publishes a version of a policy. A version never changes: the same document again does nothing.
 * @throws Error when another document stands under that version
 */
export async function publishPolicy(db: Database, mode: Mode, policy: PolicyVersion, now: Date): Promise<void> {
  const hash = createHash('sha256')
    .update(canonicalize(policy.document) ?? '')
    .digest('hex');
  await db.$transaction(async (tx) => {
    const created = await tx.policy.createMany({
      data: [
        {
          mode,
          name: policy.name,
          version: policy.version,
          status: 'published',
          document: policy.document as object,
          hash,
          effectiveFrom: new Date(policy.effectiveFrom),
          createdAt: now,
        },
      ],
      skipDuplicates: true,
    });
    if (created.count === 0) {
      const { name, version } = policy;
      const stored = await tx.policy.findUniqueOrThrow({ where: { mode_name_version: { mode, name, version } } });
      if (stored.hash !== hash) {
        throw new Error(`Policy ${name}@${version} is published already with another content: give it a new version.`);
      }
      return;
    }
    await appendSharedAudit(tx, 'configuration', mode, now.toISOString(), [
      {
        type: 'policy_published',
        actor: { kind: 'machine', id: null },
        data: { name: policy.name, version: policy.version, hash },
      },
    ]);
  });
}

/** The version of a policy that was in force at an instant, or null. */
export async function policyInForce(db: Db, mode: Mode, name: string, at: Date): Promise<PolicyVersion | null> {
  const row = await db.policy.findFirst({
    where: { mode, name, status: 'published', effectiveFrom: { lte: at } },
    orderBy: [{ effectiveFrom: 'desc' }, { version: 'desc' }],
  });
  return (
    row && {
      name: row.name,
      version: row.version,
      effectiveFrom: row.effectiveFrom.toISOString(),
      document: row.document,
    }
  );
}
