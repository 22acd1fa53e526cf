import { Prisma } from './generated/prisma/client';

/*
 * Statements over many tables in one round trip: each aggregate states how its rows are written as a fragment, and a
 * transaction puts the fragments side by side as common table expressions. Rows travel as one JSON parameter each.
 */

/** One part of a statement: a data-modifying expression. */
export type Fragment = Prisma.Sql;

/**
 * Beside the tables of a statement: its commit does not wait for the disk. For what a crash may take back because it is done
 * again without harm; what is committed before and after it keeps its order. It holds for the whole transaction.
 */
export const LAZILY = Prisma.sql`(SELECT set_config('synchronous_commit', 'off', true)) AS lazily`;

/** Rows as the parameter of a fragment. */
export const asJson = (rows: unknown): string => JSON.stringify(rows);

/**
 * Runs fragments as one statement. They see the same snapshot and run in no particular order, so none may rest on
 * what another one writes; foreign keys are checked at the end.
 */
export function sideBySide(fragments: Fragment[]): Prisma.Sql {
  const named = fragments.map((fragment, i) => Prisma.sql`${Prisma.raw(`part_${i}`)} AS (${fragment})`);
  return Prisma.sql`WITH ${Prisma.join(named)} SELECT 1`;
}
