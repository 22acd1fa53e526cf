import { Client } from 'pg';

/**
 * Names of the columns of any table, in any schema of the database, in which a text stands.
 * @param canaries texts that must stand nowhere; each is looked for whatever the case of its letters
 */
export async function columnsHolding(databaseUrl: string, canaries: readonly string[]): Promise<string[]> {
  const sql = new Client({ connectionString: databaseUrl });
  await sql.connect();
  try {
    const { rows: columns } = await sql.query<{ schema: string; table: string; column: string }>(`
      SELECT c.table_schema AS schema, c.table_name AS "table", c.column_name AS "column"
      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
      ORDER BY 1, 2, 3`);
    const found: string[] = [];
    for (const { schema, table, column } of columns) {
      // Bytes are looked at as text, too: encode() shows printable bytes as they are.
      const { rows } = await sql.query<{ hits: number }>(
        `SELECT count(*)::int AS hits FROM "${schema}"."${table}" x
         WHERE EXISTS (SELECT 1 FROM unnest($1::text[]) canary
           WHERE position(lower(canary) in lower(CASE WHEN pg_typeof(x."${column}") = 'bytea'::regtype
             THEN encode(x."${column}"::text::bytea, 'escape') ELSE x."${column}"::text END)) > 0)`,
        [canaries],
      );
      if ((rows[0]?.hits ?? 0) > 0) found.push(`${table}.${column}`);
    }
    return found;
  } finally {
    await sql.end();
  }
}
