import { randomInt } from 'node:crypto';
import type { Change, Journal, Table } from '../journal';
import { recordError, ZohoRefusal, type RecordResult } from './errors';
import { fieldError, isModule, moduleNames } from './fields';

const MAX_RECORDS = 100;

/** A record of the CRM: its fields by API name, and Zoho's own. */
export interface ZohoRecord {
  readonly module: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly modifiedAt: string;
}

/** What a call has prepared: commit the changes, then answer. */
export interface ZohoWork {
  readonly results: readonly RecordResult[];
  readonly changes: readonly Change[];
}

/** The records of the CRM, notes included. */
export class ZohoRecords {
  private readonly records: Table<ZohoRecord>;

  constructor(private readonly journal: Journal) {
    this.records = journal.table('zoho.records');
  }

  /**
   * The records of an upsert request.
   * @throws ZohoRefusal when the request as a whole is wrong
   */
  readRequest(module: string, body: unknown): { data: Record<string, unknown>[]; checkFields: string[] } {
    requireModule(module);
    const { data, duplicate_check_fields: checkFields } = isRecord(body) ? body : {};
    return {
      data: readData(data),
      checkFields: Array.isArray(checkFields) ? checkFields.filter((field) => typeof field === 'string') : [],
    };
  }

  /**
   * Inserts or updates each record: the first check field whose value some record has decides which. A wrong record fails
   * alone.
   * @param forcedCode error code that a fault puts on every record
   */
  upsert(module: string, data: Record<string, unknown>[], checkFields: string[], forcedCode?: string): ZohoWork {
    const written = new Map<string, ZohoRecord>();
    const results = data.map((fields, index) => {
      if (forcedCode !== undefined) return recordError(forcedCode, `sandbox fault: ${forcedCode}`);
      const error = fieldError(module, fields, index);
      if (error !== undefined) return error;
      const found = this.duplicateOf(module, fields, checkFields, written);
      const record = this.written(module, fields, found?.record);
      written.set(record.id, record);
      return success(record, found === undefined ? 'insert' : 'update', found?.field ?? null);
    });
    return { results, changes: [...written.values()].map((record) => this.records.put(record.id, record)) };
  }

  /**
   * Adds notes, to the record of the path or to each note's own `Parent_Id`.
   * @throws ZohoRefusal when the request as a whole is wrong
   */
  addNotes(body: unknown, parent?: { module: string; id: string }): ZohoWork {
    if (parent !== undefined) requireModule(parent.module);
    const data = readData(isRecord(body) ? body['data'] : undefined);
    const changes: Change[] = [];
    const results = data.map((note, index) => {
      const owner = parent ?? ownerOf(note);
      const owning = owner === undefined ? undefined : this.records.get(owner.id);
      if (owner === undefined || owning === undefined || owning.module !== owner.module) {
        const details = { api_name: 'Parent_Id', json_path: `$.data[${index}].Parent_Id` };
        return recordError('INVALID_DATA', 'the related id given seems to be invalid', details);
      }
      if (typeof note['Note_Content'] !== 'string' || note['Note_Content'] === '') {
        const details = { api_name: 'Note_Content', json_path: `$.data[${index}].Note_Content` };
        return recordError('MANDATORY_NOT_FOUND', 'required field not found', details);
      }
      const parentId = { module: { api_name: owner.module }, id: owner.id };
      const record = this.written('Notes', { ...note, Parent_Id: parentId }, undefined);
      changes.push(this.records.put(record.id, record));
      return success(record, undefined, undefined);
    });
    return { results, changes };
  }

  /** Commits prepared work. */
  commit(work: ZohoWork): void {
    this.journal.commit(...work.changes);
  }

  /** @throws ZohoRefusal when the module or the record does not exist */
  byId(module: string, id: string): ZohoRecord {
    if (module !== 'Notes') requireModule(module);
    const record = this.records.get(id);
    if (record === undefined || record.module !== module) {
      throw new ZohoRefusal('INVALID_DATA', 'the id given seems to be invalid', { id });
    }
    return record;
  }

  /** The notes of one record, oldest first. */
  notesOf(module: string, id: string): ZohoRecord[] {
    const owner = this.byId(module, id);
    return this.all('Notes').filter((note) => ownerOf(note.fields)?.id === owner.id);
  }

  /**
   * Records that meet `(Field:equals:value)` criteria, joined by `and`. Parentheses, commas and backslashes in values are
   * escaped with a backslash, as Zoho asks.
   * @throws ZohoRefusal for a criteria this stand-in does not understand
   */
  search(module: string, criteria: string): ZohoRecord[] {
    requireModule(module);
    const terms = readCriteria(criteria);
    return this.all(module).filter((record) =>
      terms.every(({ field, value }) => sameValue(record.fields[field], value)),
    );
  }

  /** Every record, or those of one module, in the order of their creation. */
  all(module?: string): ZohoRecord[] {
    return this.records.all().filter((record) => module === undefined || record.module === module);
  }

  /** Deletes a record, as somebody does by hand in the CRM. */
  remove(id: string): void {
    this.journal.commit(this.records.remove(id));
  }

  private duplicateOf(
    module: string,
    fields: Record<string, unknown>,
    checkFields: string[],
    written: ReadonlyMap<string, ZohoRecord>,
  ): { record: ZohoRecord; field: string } | undefined {
    const candidates = [...new Map([...this.all(module), ...written.values()].map((row) => [row.id, row])).values()];
    const byId = candidates.find((record) => record.id === fields['id']);
    if (byId !== undefined) return { record: byId, field: 'id' };
    for (const field of checkFields) {
      const value = fields[field];
      if (value === undefined || value === null || value === '') continue;
      const record = candidates.find((candidate) => sameValue(candidate.fields[field], String(value)));
      if (record !== undefined) return { record, field };
    }
    return undefined;
  }

  private written(module: string, fields: Record<string, unknown>, existing: ZohoRecord | undefined): ZohoRecord {
    const now = new Date().toISOString();
    const { id: _given, ...own } = fields;
    return {
      module,
      id: existing?.id ?? newId(),
      fields: { ...existing?.fields, ...own },
      createdAt: existing?.createdAt ?? now,
      modifiedAt: now,
    };
  }
}

/** The record as Zoho shows it. */
export function presentRecord(record: ZohoRecord): Record<string, unknown> {
  return { ...record.fields, id: record.id, Created_Time: record.createdAt, Modified_Time: record.modifiedAt };
}

function success(
  record: ZohoRecord,
  action: 'insert' | 'update' | undefined,
  duplicateField: string | null | undefined,
): RecordResult {
  return {
    code: 'SUCCESS',
    ...(duplicateField === undefined ? {} : { duplicate_field: duplicateField }),
    ...(action === undefined ? {} : { action }),
    details: { id: record.id, Created_Time: record.createdAt, Modified_Time: record.modifiedAt },
    message: action === 'update' ? 'record updated' : 'record added',
    status: 'success',
  };
}

function requireModule(module: string): void {
  if (isModule(module)) return;
  throw new ZohoRefusal('INVALID_MODULE', 'the module name given seems to be invalid', { known: moduleNames() });
}

function readData(data: unknown): Record<string, unknown>[] {
  if (!Array.isArray(data) || data.length === 0 || !data.every(isRecord)) {
    throw new ZohoRefusal('INVALID_DATA', 'invalid data', { api_name: 'data', expected_data_type: 'jsonarray' });
  }
  if (data.length > MAX_RECORDS) {
    throw new ZohoRefusal('INVALID_DATA', 'invalid data', { api_name: 'data', maximum_length: MAX_RECORDS });
  }
  return data;
}

function readCriteria(criteria: string): { field: string; value: string }[] {
  const term = /^\(*([A-Za-z]\w*):equals:((?:\\.|[^\\()])*)\)*$/;
  return criteria.split(/\)\s*and\s*\(/i).map((part) => {
    const match = term.exec(part);
    if (match === null) {
      throw new ZohoRefusal('INVALID_QUERY', 'invalid query formed', {
        reason: 'only (Field:equals:value) is known here',
      });
    }
    return { field: match[1] ?? '', value: (match[2] ?? '').replace(/\\(.)/g, '$1') };
  });
}

/** Zoho compares texts, e-mail addresses among them, without regard to case. */
function sameValue(stored: unknown, wanted: string): boolean {
  return stored !== undefined && stored !== null && String(stored).toLowerCase() === wanted.toLowerCase();
}

function ownerOf(note: Readonly<Record<string, unknown>>): { module: string; id: string } | undefined {
  const parent = note['Parent_Id'];
  if (!isRecord(parent) || !isRecord(parent['module'])) return undefined;
  const { api_name: module } = parent['module'];
  return typeof module === 'string' && typeof parent['id'] === 'string' ? { module, id: parent['id'] } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An id as Zoho's: 19 digits. */
function newId(): string {
  return `4876876${String(Date.now()).slice(-6)}${String(randomInt(1_000_000)).padStart(6, '0')}`;
}
