const DIGIT_RUN = /\d(?:[ -]?\d){12,}/g;
const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/** ISO/IEC 7812-1, annex B: every second digit from the right counts double, and the sum is a multiple of ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const weighted = index % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/**
 * Whether a text holds what looks like a payment card number: 13 to 19 digits that pass the Luhn test, written together
 * or parted by single blanks or hyphens, full-width digits included. Only whole runs of digits count, so that a part of
 * a longer number is no hit.
 */
export function containsCardNumber(text: string): boolean {
  for (const [run] of text.normalize('NFKC').matchAll(DIGIT_RUN)) {
    const digits = run.replaceAll(/[ -]/g, '');
    if (digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && !/^0+$/.test(digits) && passesLuhn(digits)) {
      return true;
    }
  }
  return false;
}
