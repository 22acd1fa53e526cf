import { ARRIVALS_COUNT_FOR_DAYS, type ObservedArrival } from '../domain/payment';
import { Prisma } from './generated/prisma/client';
import type { Fragment } from './rows';

/** The latest are enough for a median, and bound what a payment step reads. */
const READ_AT_MOST = 200;

const MS_A_DAY = 86_400_000;

/** Keeps how long the money of a refund took; a later receipt of the same refund takes its place. */
export const insertObservation = (
  refund: { id: string; mode: 'live' | 'test' },
  { provider, method, workingDays }: ObservedArrival,
  atIso: string,
): Fragment => Prisma.sql`
  INSERT INTO arrival_observations (refund_id, mode, provider, method, working_days, confirmed_at)
  VALUES (${refund.id}, ${refund.mode}::"Mode", ${provider}, ${method}, ${workingDays}::int, ${atIso}::timestamptz)
  ON CONFLICT (refund_id) DO UPDATE SET provider = EXCLUDED.provider, method = EXCLUDED.method,
    working_days = EXCLUDED.working_days, confirmed_at = EXCLUDED.confirmed_at`;

/** Money that came back had not arrived: what was learnt from it is forgotten. */
export const deleteObservation = (refundId: string): Fragment =>
  Prisma.sql`DELETE FROM arrival_observations WHERE refund_id = ${refundId}`;

/**
 * An expression for what was measured of a route lately, as MeasuredArrivals. `mode`, `provider` and `method` are
 * expressions of the query that it stands in.
 */
export const measuredArrivals = (
  route: { mode: Prisma.Sql; provider: Prisma.Sql; method: Prisma.Sql },
  atIso: string,
): Prisma.Sql => Prisma.sql`
  (SELECT jsonb_build_object('provider', ${route.provider}, 'method', ${route.method}, 'confirmed', count(*),
      'p50', COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY w.working_days), 0),
      'p90', COALESCE(percentile_disc(0.9) WITHIN GROUP (ORDER BY w.working_days), 0))
   FROM (SELECT o.working_days FROM arrival_observations o
         WHERE o.mode = ${route.mode} AND o.provider = ${route.provider} AND o.method = ${route.method}
           AND o.confirmed_at > ${new Date(Date.parse(atIso) - ARRIVALS_COUNT_FOR_DAYS * MS_A_DAY)}
         ORDER BY o.confirmed_at DESC LIMIT ${READ_AT_MOST}) w)`;
