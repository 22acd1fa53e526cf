import { recordError, type RecordResult } from './errors';

/** Modules of the stand-in and the fields Zoho requires in each. `Refunds` is the custom module of the shop. */
const MANDATORY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Contacts: ['Last_Name'],
  Leads: ['Last_Name'],
  Accounts: ['Account_Name'],
  Deals: ['Deal_Name', 'Stage'],
  Cases: ['Subject', 'Status'],
  Tasks: ['Subject'],
  Refunds: ['Name'],
};

const MAX_TEXT_LENGTH = 255;
const MAX_LONG_TEXT_LENGTH = 32_000;
const NUMBER_FIELDS = new Set(['Amount', 'Amount_Minor']);

/** Whether the CRM has that module. */
export function isModule(name: string): boolean {
  return Object.hasOwn(MANDATORY_FIELDS, name);
}

/** Names of all modules. */
export function moduleNames(): string[] {
  return Object.keys(MANDATORY_FIELDS);
}

/**
 * The first thing that Zoho would refuse about a record's fields, or undefined.
 * @param index place of the record in the request, for the `json_path` of the error
 */
export function fieldError(module: string, record: Record<string, unknown>, index: number): RecordResult | undefined {
  for (const field of MANDATORY_FIELDS[module] ?? []) {
    const value = record[field];
    if (value === undefined || value === null || value === '') {
      return recordError('MANDATORY_NOT_FOUND', 'required field not found', {
        api_name: field,
        json_path: `$.data[${index}].${field}`,
      });
    }
  }
  for (const [field, value] of Object.entries(record)) {
    const expected = wrongType(field, value);
    if (expected !== undefined) {
      return recordError('INVALID_DATA', 'invalid data', {
        ...expected,
        api_name: field,
        json_path: `$.data[${index}].${field}`,
      });
    }
  }
  return undefined;
}

function wrongType(field: string, value: unknown): Record<string, unknown> | undefined {
  if (value === null) return undefined;
  if (field === 'Email' || field.endsWith('_Email')) {
    const valid = typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value);
    return valid ? undefined : { expected_data_type: 'email' };
  }
  if (NUMBER_FIELDS.has(field)) return typeof value === 'number' ? undefined : { expected_data_type: 'double' };
  if (typeof value === 'string') {
    const limit = /Description|Content|Solution|Comment/.test(field) ? MAX_LONG_TEXT_LENGTH : MAX_TEXT_LENGTH;
    return value.length > limit ? { maximum_length: limit } : undefined;
  }
  return undefined;
}
