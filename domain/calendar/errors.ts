/**
 * A deadline would cross a year whose holidays nobody has confirmed. Holiday data that lacks a year answers as if every
 * weekday were a working day, so going on would be a guess that looks like a promise.
 */
export class UncertifiedYearError extends Error {
  override readonly name = 'UncertifiedYearError';

  constructor(
    readonly calendarId: string,
    readonly year: number,
  ) {
    super(
      `Business calendar "${calendarId}" is not certified for ${year}: its holidays and make-up working days of that ` +
        `year are unconfirmed. Enter them under "overrides", or update the holiday data, and then add ${year} to ` +
        `"certifiedYears" of that calendar.`,
    );
  }
}
