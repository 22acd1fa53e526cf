import { Client } from 'pg';

export interface StatementCount {
  /** Statements since the count began, without what begins and ends transactions. */
  statements: number;
  /** Transactions that were begun; a statement outside of one is none. */
  transactions: number;
}

/** Counts what sessions of an application send to Postgres from this process, whichever way it goes: Prisma's or the direct one. */
export function countStatements(): {
  of(applicationName: string): StatementCount;
  reset(): void;
  /** Ends the counting. */
  stop(): void;
} {
  const counts = new Map<string, StatementCount>();
  const query: (...args: unknown[]) => unknown = Client.prototype.query;
  const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...args: unknown[]) {
    const { application_name: name } = (this as unknown as { connectionParameters: { application_name?: string } })
      .connectionParameters;
    const [sent] = args as [string | { text?: string } | undefined];
    note(counts, name ?? '', typeof sent === 'string' ? sent : (sent?.text ?? ''));
    return query.apply(this, args);
  } as never);
  return {
    of: (name) => ({ ...NOTHING, ...counts.get(name) }),
    reset: () => counts.clear(),
    stop: () => spy.mockRestore(),
  };
}

const NOTHING: StatementCount = { statements: 0, transactions: 0 };

function note(counts: Map<string, StatementCount>, name: string, text: string): void {
  const { statements, transactions } = counts.get(name) ?? NOTHING;
  const word = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
  if (word === 'BEGIN') counts.set(name, { statements, transactions: transactions + 1 });
  else if (word !== 'COMMIT' && word !== 'ROLLBACK') counts.set(name, { statements: statements + 1, transactions });
}
