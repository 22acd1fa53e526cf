import { containsCardNumber } from '../../domain/audit';
import { CURRENCY_CODES, MAX_AMOUNT_MINOR } from '../../domain/money';
import { Problem } from '../problems';
import { z } from './zod';

/** An issue whose code and words are those of FIELD_MESSAGES. */
const custom = (code: string) => ({ params: { code }, message: code });

/** A whole number of minor units, zero allowed. */
export const amountMinor = z
  .int()
  .min(0)
  .max(MAX_AMOUNT_MINOR)
  .openapi({ description: 'Whole minor units of the currency, such as 129900 for CNY 1,299.00.', example: 129900 });

/** A whole number of minor units above zero. */
export const positiveAmountMinor = z
  .int()
  .min(1)
  .max(MAX_AMOUNT_MINOR)
  .openapi({ description: 'Whole minor units of the currency, more than zero.', example: 129900 });

export const currency = z
  .enum(CURRENCY_CODES as [string, ...string[]], {
    error: (issue) => (issue.input === undefined ? 'required' : 'unknown_currency'),
  })
  .openapi({ description: 'ISO 4217 code in capital letters.', example: 'CNY' });

const CONTROL = /\p{Cc}/u;

/** An id from another system: 1 to 128 characters, no control characters, no blanks at the ends. */
export const externalId = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => !CONTROL.test(text) && text === text.trim(), custom('invalid_id'))
  .openapi({ example: 'O-1' });

/** An id that Redress gave out: two letters, underscore, 32 hex digits. */
export const redressId = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), custom('invalid_id'))
    .openapi({ example: `${prefix}_019ab2c4d5e67f8091a2b3c4d5e6f708` });

/** An ISO 8601 instant in UTC, written with Z. */
export const instant = z.iso.datetime().openapi({ example: '2026-11-23T02:40:00Z' });

/** A text that people write. Refuses control characters but tabs and line ends, and what looks like a card number. */
export const freeText = (minLength: number, maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine((text) => text.trim().length >= minLength, custom(minLength > 1 ? 'too_short' : 'empty_text'))
    .refine((text) => !CONTROL.test(text.replaceAll(/[\t\n\r]/g, '')), custom('control_characters'))
    .refine((text) => !containsCardNumber(text), custom('card_number_in_text'));

/** What a step says beside its address: nothing. */
export const emptyBody = z.strictObject({}).openapi('Empty');

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25).openapi({ type: 'integer', example: 25 }),
  cursor: z.string().min(1).max(512).optional().openapi({ description: '`nextCursor` of the previous page.' }),
};

/** The answer of every list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** Makes an opaque cursor of the sort values of the last row of a page. */
export const encodeCursor = (values: readonly string[]): string =>
  Buffer.from(JSON.stringify(values), 'utf8').toString('base64url');

/**
 * Reads the sort values back out of a cursor.
 * @throws Problem invalid_cursor when it was not made by encodeCursor with that many values
 */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string')) {
      return values as string[];
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Problem('invalid_cursor');
}

/** decodeCursor for lists sorted by (createdAt, id), which most are; the instant is checked. */
export function decodeTimeCursor(cursor: string): { at: Date; id: string } {
  const [at = '', id = ''] = decodeCursor(cursor, 2);
  const instantMs = Date.parse(at);
  if (Number.isNaN(instantMs)) throw new Problem('invalid_cursor');
  return { at: new Date(instantMs), id };
}

/** Which rule gave a stage its due instant, in the language of the reader. */
export const explainedDeadline = z
  .object({
    rule: z.string().openapi({
      description: '`stage_clock`, `minimum` (it opened late), `desk` (set there), or a deadline of the policy.',
    }),
    text: z.string(),
    law: z
      .object({ source: z.string(), confirmedByCounsel: z.boolean() })
      .nullable()
      .openapi({ description: 'The law that says so.' }),
  })
  .nullable();
