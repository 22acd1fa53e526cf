import type { DecisionFacts, Delegation, StageClaim } from '../domain/approval';
import { Prisma } from './generated/prisma/client';
import type { Fragment } from './rows';

/**
 * The delegations that were in force at some time from an instant to now, as a column of a larger statement: one JSON array in
 * the form of the domain, null when there are none. A few rows at any time: those who are away.
 */
export const delegationsSince = (scope: { mode: Fragment; since: Fragment; atIso: string }): Fragment => Prisma.sql`
  (SELECT jsonb_agg(jsonb_build_object('id', d.id, 'delegatorId', d.delegator_id, 'delegateId', d.delegate_id,
       'fromAt', ${isoOf(BEGINS_AT)}, 'endsAt', ${isoOf(ENDS_AT)},
       'cap', CASE WHEN d.cap_minor IS NOT NULL
         THEN jsonb_build_object('amountMinor', d.cap_minor, 'currency', d.cap_currency) END,
       'roles', ${LENT_ROLES}) ORDER BY d.from_at, d.id)
     FROM delegations d
     WHERE d.mode = ${scope.mode} AND d.from_at <= ${scope.atIso}::timestamptz AND d.until_at > ${scope.since}
       AND ${ENDS_AT} > ${scope.since})`;

/** Its beginning as named or, when that is later, its creation: nobody stood in for anybody before somebody said so. */
export const BEGINS_AT = Prisma.sql`GREATEST(d.from_at, d.created_at)`;

/** Its end as named or, when that is earlier, its revocation. */
export const ENDS_AT = Prisma.sql`LEAST(d.until_at, d.revoked_at)`;

/** What the delegator holds today, as long as both work here. */
export const LENT_ROLES = Prisma.sql`
  COALESCE((SELECT jsonb_agg(h.role ORDER BY h.role) FROM person_roles h
    WHERE h.person_id = d.delegator_id AND d.delegate_id IS NOT NULL
      AND (SELECT bool_and(n.active) FROM people n WHERE n.id IN (d.delegator_id, d.delegate_id))), '[]')`;

/** What a decision is about, as the domain's `atStakeMinor` has it, of the row of `refunds` that has this name in the statement. */
export const atStakeOf = (refund: Fragment): Fragment => Prisma.sql`
  (COALESCE(${refund}.approved_amount_minor, ${refund}.amount_minor) + COALESCE((SELECT sum((l ->> 'amountMinor')::bigint)
    FROM jsonb_array_elements(${refund}.process -> 'legs') AS l WHERE l ->> 'fund' = 'goodwill'), 0))`;

/** Who has taken the open stage of a refund, and until when: as a column of a larger statement, null when nobody has. */
export const claimOf = (refundId: Fragment): Fragment => Prisma.sql`
  (SELECT jsonb_build_object('personId', s.assignee_id, 'until', ${isoOf(Prisma.sql`s.claimed_until`)})
     FROM stages s WHERE s.refund_id = ${refundId} AND s.status = 'open' AND s.assignee_id IS NOT NULL)`;

const isoOf = (instant: Fragment): Fragment =>
  Prisma.sql`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What a decision about a refund is judged by, as the columns of a statement bring it. */
export const decisionFactsOf = (row: {
  currency: string;
  acceptedAt: Date;
  delegations: Delegation[] | null;
  claim: StageClaim | null;
}): DecisionFacts => ({
  currency: row.currency,
  acceptedAt: row.acceptedAt.toISOString(),
  delegations: row.delegations ?? [],
  claim: row.claim,
});
