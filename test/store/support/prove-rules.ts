import type { Client } from 'pg';

/** What a rule of the database must refuse, and the nearest that it must let pass; several statements run in turn. */
export type Attempts = { refused: (string | string[])[]; legal: (string | string[])[] };

/** By the rule's name: a constraint, a unique index or a trigger. */
export type Rules = Record<string, Attempts>;

export const set = (table: string, change: string): string => `UPDATE ${table} SET ${change}`;

/** Runs statements and undoes them; answers the rule that refused them, or null. */
async function refusedBy(sql: Client, statements: string[]): Promise<string | null> {
  await sql.query('BEGIN');
  try {
    for (const statement of statements) {
      const { rowCount, command } = await sql.query(statement);
      // A statement that met no row would prove nothing.
      if (command !== 'TRUNCATE' && command !== 'ALTER' && command !== 'SET' && !rowCount)
        throw new Error(`met no row: ${statement}`);
    }
    return null;
  } catch (failure) {
    const { constraint, message, code } = failure as { constraint?: string; message: string; code?: string };
    if (code === undefined) throw failure;
    return constraint ?? message;
  } finally {
    await sql.query('ROLLBACK');
  }
}

/** A row of a test table: what is shown, and the statements. */
const titled = (attempts: (string | string[])[]): [string, { statements: string[] }][] =>
  attempts
    .map((attempt) => (typeof attempt === 'string' ? [attempt] : attempt))
    .map((statements) => [statements.join('; ').replaceAll(/\s+/g, ' '), { statements }]);

/**
 * Tests of rules that the migrations add beyond what Prisma models.
 * @param words how a trigger says why, since it has no name of its own in the error
 */
export function proveRules(sql: () => Client, rules: Rules, words: Record<string, RegExp>): void {
  describe.each(Object.entries(rules))('%s', (name, { refused, legal }) => {
    test.each(titled(refused))('refuses %s', async (_title, { statements }) => {
      const why = words[name];
      expect(await refusedBy(sql(), statements)).toEqual(why ? expect.stringMatching(why) : name);
    });

    test.each(titled(legal))('lets through %s', async (_title, { statements }) => {
      expect(await refusedBy(sql(), statements)).toBeNull();
    });
  });
}
