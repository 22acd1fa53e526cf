import type { Client } from '@temporalio/client';
import type { InboxMessage, Movement } from '../../../sandbox';
import type { Database } from '../../../store';

/** The seven invariants, by the names that violations begin with. Reliability, section 2, numbers them in this order. */
export const INVARIANTS = [
  'within_capture',
  'one_movement',
  'evidence',
  'separate_people',
  'unbroken_audit',
  'nobody_untold',
  'one_truth',
] as const;

export type Invariant = (typeof INVARIANTS)[number];

/** What a check found wrong: the invariant's name in brackets, then words that name the refund or payment. */
export type Violation = string;

export interface OracleInput {
  db: Database;
  /** Every movement of money that the providers' stand-ins know. Null: no provider stands behind these rows. */
  ledger: Movement[] | null;
  /** Null: only Postgres and the provider are compared. */
  client: Client | null;
  /** What the inbox received, asked for after the rows are read; absent: deliveries are judged by their rows alone. */
  letters?: () => Promise<InboxMessage[]>;
  /** No money is under way any more, so what the provider says and what stands here must be the same. */
  quiescent?: boolean;
  /** Every letter has had its time, so none may be due. */
  delivered?: boolean;
  /** By which "long ago" is judged. */
  now?: Date;
}

export const violated = (invariant: Invariant, what: string): Violation => `[${invariant}] ${what}`;

/** True for a movement that gave nothing back. */
export const moved = ({ status }: Movement): boolean => status === 'succeeded' || status === 'pending';

export const sumOf = <T>(items: readonly T[], amount: (item: T) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);

/** Items by key, in their order. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** JSON with sorted keys: Postgres does not keep the order of what it stores. */
export const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Statuses in which all that the plan asks for must have been approved. */
export const APPROVED = ['awaiting_funds', 'paying', 'payment_unknown', 'payment_failed', 'paid', 'arrived'];
