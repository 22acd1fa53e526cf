import type { Database } from '../../store';
import type { TestDatabase } from './database';
import { findViolations, type Invariant, type Violation } from './oracle';

/** An invariant that is broken on purpose, or, more narrowly, what the violation says about it. */
export type Broken = Invariant | `${Invariant}: ${string}`;

/** Rows that a whole file plants. */
export const ANY = '';

/** The invariants over the rows of one test file, for tests that have no provider and no engine behind them. */
export interface RowsJudge {
  /**
   * A test says that it breaks invariants on purpose. What is said of no row in truth fails, too.
   * @param id whose row: the id of a refund or a payment, as violations name it; ANY for all rows of the file
   */
  plants(id: string, ...broken: [Broken, ...Broken[]]): void;
  /**
   * Judges everything that stands in the database.
   * @throws Error with every violation that nobody planted, and every planted one that is nowhere
   */
  judge(): Promise<void>;
  /** Says that nothing here is judged, and why: rows that were never written by what is judged. */
  excuses(why: string): void;
  /** Judges, and ends the database whatever came of it. @throws Error as `judge` */
  end(database: TestDatabase): Promise<void>;
}

export function judgeRows(db: Database): RowsJudge {
  const planted: { id: string; broken: Broken }[] = [];
  let excuse: string | null = null;
  const rows: RowsJudge = {
    plants: (id, ...all) => void planted.push(...all.map((broken) => ({ id, broken }))),
    excuses: (why) => void (excuse = why),
    async judge() {
      if (excuse !== null) return;
      const violations = await findViolations({ db, ledger: null, client: null });
      const isBroken = (one: (typeof planted)[number]) => violations.some((violation) => says(violation, one));
      const found = [
        ...violations.filter((violation) => !planted.some((one) => says(violation, one))),
        ...planted
          // Of rows that one helper plants many of, some may be whole again in the end.
          .filter(({ broken }) => !planted.some((one) => one.broken === broken && isBroken(one)))
          .map(({ id, broken }) => `${id} was said to break ${broken}, and keeps it`),
      ];
      if (found.length > 0) throw new Error(`The invariants do not hold:\n${[...new Set(found)].join('\n')}`);
    },
    async end(database) {
      try {
        await rows.judge();
      } finally {
        await db.$disconnect();
        await database.drop();
      }
    },
  };
  return rows;
}

function says(violation: Violation, { id, broken }: { id: string; broken: Broken }): boolean {
  const [invariant = '', words = ''] = broken.split(/: (.*)/s);
  return violation.startsWith(`[${invariant}] `) && violation.includes(id) && violation.includes(words);
}
