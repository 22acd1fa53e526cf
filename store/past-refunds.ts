import type { PolicyFacts } from '../domain/policy';
import type { Plan } from '../domain/refund';
import { direct, toIso, type Database } from './client';
import { Prisma } from './generated/prisma/client';
import { REBUILT_FACTS, rebuiltFacts, type RebuiltRow } from './rebuilt-facts';

/** Which refunds are looked at: by the instant of their acceptance, `to` not included. */
export interface PastRefundQuery {
  mode: 'live' | 'test';
  fromIso: string;
  toIso: string;
  /** Null for all of them. */
  branch: string | null;
  /** Null for all of them. */
  currency: string | null;
}

/** A refund as it was accepted. */
export interface PastRefund {
  id: string;
  facts: PolicyFacts;
  /** Facts that were not kept with it and cannot be told exactly any more. */
  approximated: string[];
  /** What it was decided by. */
  plan: Pick<Plan, 'tier' | 'stages' | 'approvedBy'>;
  declineClause: string | null;
}

interface PastRow {
  id: string;
  createdAt: Date;
  facts: PolicyFacts | null;
  /** Where the facts do not say it: who may not decide is known of every refund, as of its acceptance. */
  customerIsStaff: boolean | null;
  rebuilt: RebuiltRow | null;
  planHash: string;
  declineClause: string | null;
}

const condition = ({ mode, fromIso, branch, currency }: PastRefundQuery, lastIso: string): Prisma.Sql => Prisma.sql`
  r.mode = ${mode}::"Mode" AND r.created_at >= ${fromIso}::timestamptz AND r.created_at <= ${lastIso}::timestamptz
  AND (${branch}::text IS NULL OR r.branch = ${branch}) AND (${currency}::text IS NULL OR r.currency = ${currency})`;

/** The last instant of the period: instants are kept to the millisecond. */
const lastInstant = ({ toIso: endIso }: PastRefundQuery): string => toIso(new Date(Date.parse(endIso) - 1));

/** How many refunds that is. */
export async function countPastRefunds(db: Database, query: PastRefundQuery): Promise<number> {
  const [row] = await direct(db).$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM refunds r WHERE ${condition(query, lastInstant(query))}`;
  return row?.count ?? 0;
}

/**
 * The refunds of a period as they were accepted, newest first, so many at a time. Reads alone; refunds that are accepted
 * meanwhile are not of a period that is over.
 */
export async function* readPastRefunds(
  db: Database,
  query: PastRefundQuery,
  batchSize: number,
): AsyncGenerator<PastRefund[], void, void> {
  const plans = new Map<string, PastRefund['plan']>();
  for (let from = { lastIso: lastInstant(query), afterId: '' }; ;) {
    const rows: PastRow[] = await readBatch(db, query, from, batchSize);
    const last = rows.at(-1);
    if (!last) return;
    await readPlans(db, rows, plans);
    yield rows.map((row) => pastRefund(row, plans));
    from = { lastIso: toIso(last.createdAt), afterId: last.id };
  }
}

/** From an instant backwards; of those of the instant itself, what comes after an id. */
const readBatch = (
  db: Database,
  query: PastRefundQuery,
  { lastIso, afterId }: { lastIso: string; afterId: string },
  batchSize: number,
): Promise<PastRow[]> => direct(db).$queryRaw<PastRow[]>`
  SELECT r.id, r.created_at AS "createdAt", r.facts, r.plan_hash AS "planHash", r.decline_clause AS "declineClause",
    CASE WHEN NOT COALESCE(jsonb_exists(r.facts, 'customerIsStaff'), false)
      THEN COALESCE(r.process->'excluded' @> '[{"rule": "is_customer"}]', false) END AS "customerIsStaff",
    CASE WHEN r.facts IS NULL THEN ${REBUILT_FACTS} END AS rebuilt
  FROM refunds r
  WHERE ${condition(query, lastIso)} AND (r.created_at < ${lastIso}::timestamptz OR r.id > ${afterId})
  ORDER BY r.created_at DESC, r.id
  LIMIT ${batchSize}::int`;

/** Most refunds share a few plans: each is read once. */
async function readPlans(db: Database, rows: PastRow[], plans: Map<string, PastRefund['plan']>): Promise<void> {
  const bearers = new Map(rows.filter((row) => !plans.has(row.planHash)).map((row) => [row.planHash, row.id]));
  if (bearers.size === 0) return;
  const found = await direct(db).$queryRaw<{ planHash: string; plan: PastRefund['plan'] }[]>`
    SELECT plan_hash AS "planHash", plan FROM refunds
    WHERE id = ANY(${[...bearers.values()]})`;
  for (const { planHash, plan } of found) plans.set(planHash, plan);
}

function pastRefund(row: PastRow, plans: Map<string, PastRefund['plan']>): PastRefund {
  const plan = plans.get(row.planHash);
  if (!plan) throw new Error(`The plan of refund ${row.id} was there a moment ago.`);
  const { id, declineClause } = row;
  const also = row.customerIsStaff === null ? {} : { customerIsStaff: row.customerIsStaff };
  if (row.facts !== null) return { id, facts: { ...row.facts, ...also }, approximated: [], plan, declineClause };
  if (row.rebuilt === null) throw new Error(`The facts of refund ${id} could not be put together.`);
  const { facts, approximated } = rebuiltFacts(row.rebuilt, toIso(row.createdAt));
  return { id, facts: { ...facts, ...also }, approximated, plan, declineClause };
}
