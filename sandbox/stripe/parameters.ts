import type { Form } from '../http';
import { invalidParameter } from './errors';

const MAX_METADATA_KEYS = 50;
const MAX_METADATA_KEY_LENGTH = 40;
const MAX_METADATA_VALUE_LENGTH = 500;

/** Refuses parameters that Stripe does not know for this call. */
export function onlyKnown(form: Form, known: readonly string[]): void {
  for (const name of Object.keys(form)) {
    if (!known.includes(name)) {
      throw invalidParameter(name, `Received unknown parameter: ${name}`, 'parameter_unknown');
    }
  }
}

/** A text parameter, or undefined when it is not there. */
export function optionalText(form: Form, name: string): string | undefined {
  const value = form[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidParameter(name, `Invalid string: ${name}`);
  if (value === '') {
    throw invalidParameter(name, `You passed an empty string for '${name}'.`, 'parameter_invalid_empty');
  }
  return value;
}

/** A positive integer parameter in minor units, or undefined when it is not there. */
export function optionalAmount(form: Form, name: string): number | undefined {
  const text = optionalText(form, name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw invalidParameter(name, `Invalid integer: ${text}`, 'parameter_invalid_integer');
  }
  const amountMinor = Number(text);
  if (amountMinor < 1) {
    throw invalidParameter(name, 'This value must be greater than or equal to 1.', 'parameter_invalid_integer');
  }
  return amountMinor;
}

/** The metadata of a call, within Stripe's limits. An empty value removes a key, so it is left out. */
export function metadataOf(form: Form): Record<string, string> {
  const given = form['metadata'];
  if (given === undefined || given === '') return {};
  if (typeof given === 'string') throw invalidParameter('metadata', 'Invalid object');
  const entries = Object.entries(given);
  if (entries.length > MAX_METADATA_KEYS) {
    throw invalidParameter('metadata', `Metadata may have at most ${MAX_METADATA_KEYS} keys.`);
  }
  const metadata: Record<string, string> = {};
  for (const [key, value] of entries) {
    const param = `metadata[${key}]`;
    if (typeof value !== 'string') throw invalidParameter(param, 'Metadata values must be strings.');
    if (key.length > MAX_METADATA_KEY_LENGTH) {
      throw invalidParameter(param, `Metadata keys can have up to ${MAX_METADATA_KEY_LENGTH} characters.`);
    }
    if (value.length > MAX_METADATA_VALUE_LENGTH) {
      throw invalidParameter(param, `Metadata values can have up to ${MAX_METADATA_VALUE_LENGTH} characters.`);
    }
    if (value !== '') metadata[key] = value;
  }
  return metadata;
}

/** The page that a list call asks for. */
export interface Page {
  readonly limit: number;
  readonly startingAfter: string | undefined;
}

/** Reads `limit` (1–100, 10 by default) and `starting_after`. */
export function pageOf(form: Form): Page {
  const limit = optionalAmount(form, 'limit') ?? 10;
  if (limit > 100) {
    throw invalidParameter('limit', 'This value must be less than or equal to 100.', 'parameter_invalid_integer');
  }
  return { limit, startingAfter: optionalText(form, 'starting_after') };
}
