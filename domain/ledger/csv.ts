/** What spreadsheet programs take for the beginning of a formula, in both widths. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/u;

/**
 * One record of RFC 4180, with its line end. Texts from outside that a spreadsheet would run as a formula get an
 * apostrophe in front; our own numbers are never negative and need none.
 */
export const csvRecord = (fields: readonly (string | null)[]): string =>
  `${fields.map((field) => csvField(field ?? '')).join(',')}\r\n`;

function csvField(field: string): string {
  const harmless = FORMULA.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(harmless) || harmless !== harmless.trim() ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
