import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { refuseControl } from './http';
import type { Journal, Table } from './journal';

export const SETTLED_STATUSES = ['succeeded', 'pending', 'failed', 'returned'] as const;

/** One refund as a provider's record of a day shows it; each stand-in writes it in its provider's own format. */
export interface SettledRow {
  /** What the shop called the refund; null for one that was made in the provider's console. */
  readonly reference: string | null;
  readonly refundId: string;
  /** The provider's own name of the payment. */
  readonly paymentId: string;
  /** The shop's name of it, where the provider shows one. */
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly atMs: number;
  readonly status: (typeof SETTLED_STATUSES)[number];
  /** What the balance was charged, where it is kept in another currency and the provider shows that. */
  readonly settled?: { readonly currency: string; readonly amountMinor: number; readonly exchangeRate: number };
}

/** What can be wrong with the row of one refund. */
const ROW_FAULTS = ['missing', 'duplicate', 'altered'] as const;
/** What can be wrong with a whole file. */
const FILE_FAULTS = ['not-ready', 'truncated', 'bit-flipped'] as const;

export type FileFault = (typeof FILE_FAULTS)[number];

/** A planted fault: of the rows of a reference, or of the next file. */
interface PlantedFault {
  readonly provider: string;
  readonly fault: string;
  readonly reference?: string;
  /** What an altered row says instead. */
  readonly row?: Partial<SettledRow>;
}

interface PlantedRow {
  readonly provider: string;
  readonly row: SettledRow;
}

/** How many rows one control call may plant. */
const MAX_ROWS = 200_000;

/**
 * What makes a provider's record of a day differ from what it did: rows that are missing, doubled or altered (a late row is
 * one with another time), rows that nobody here caused, and files that are not there yet or come damaged.
 */
export class SettlementFaults {
  private readonly faults: Table<PlantedFault>;
  private readonly rows: Table<PlantedRow>;
  private version = 0;

  constructor(
    private readonly journal: Journal,
    private readonly providers: readonly string[],
  ) {
    this.faults = journal.table('settlement.faults');
    this.rows = journal.table('settlement.rows');
  }

  /** The rows that a provider shows: its own with their faults, and the planted ones, by time. */
  apply(provider: string, own: readonly SettledRow[]): SettledRow[] {
    const faults = this.faults.all().filter((fault) => fault.provider === provider && fault.reference !== undefined);
    const planted = this.rows.all().flatMap((one) => (one.provider === provider ? [one.row] : []));
    const of = new Map(faults.map((fault) => [`${fault.fault}:${fault.reference}`, fault]));
    return [...own, ...planted]
      .flatMap((row) => {
        if (of.has(`missing:${row.reference}`)) return [];
        const shown = { ...row, ...of.get(`altered:${row.reference}`)?.row };
        return of.has(`duplicate:${row.reference}`) ? [shown, shown] : [shown];
      })
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  /** The fault of the next file of a provider, used up by being asked for. */
  takeFileFault(provider: string, among: readonly FileFault[] = FILE_FAULTS): FileFault | undefined {
    const key = this.faults.keys().find((candidate) => {
      const fault = this.faults.get(candidate);
      return (
        fault?.provider === provider && fault.reference === undefined && among.some((name) => name === fault.fault)
      );
    });
    const fault = key === undefined ? undefined : this.faults.get(key);
    if (key === undefined || fault === undefined) return undefined;
    this.journal.commit(this.faults.remove(key));
    return fault.fault as FileFault;
  }

  /** The control routes under /control/settlement. */
  routes(): Router {
    const router = Router();
    router.post('/faults', (request, response) => {
      const fault = this.readFault(request.body);
      if (typeof fault === 'string') return refuseControl(response, 400, fault);
      this.journal.commit(this.faults.put(randomUUID(), fault));
      response.status(201).json(fault);
    });
    router.post('/rows', (request, response) => {
      const { provider, repeat, ...given } = record(request.body);
      const times = repeat === undefined ? 1 : Number(repeat);
      const row = readRow(given);
      if (!this.knows(provider)) return refuseControl(response, 400, this.unknownProvider());
      if (row === null)
        return refuseControl(response, 400, 'a row: refundId, paymentId, amountMinor, currency, at, status');
      if (!Number.isInteger(times) || times < 1 || times > MAX_ROWS) {
        return refuseControl(response, 400, `repeat must be a number from 1 to ${MAX_ROWS}`);
      }
      this.version += 1;
      const changes = Array.from({ length: times }, (_, n) =>
        this.rows.put(`${this.version}:${n}:${randomUUID()}`, {
          provider,
          row: times === 1 ? row : numbered(row, n),
        }),
      );
      this.journal.commit(...changes);
      response.status(201).json({ rows: times });
    });
    router.delete('/faults', (_request, response) => {
      this.journal.commit(...this.faults.clear());
      response.status(204).end();
    });
    router.delete('/rows', (_request, response) => {
      this.journal.commit(...this.rows.clear());
      response.status(204).end();
    });
    return router;
  }

  private readFault(body: unknown): PlantedFault | string {
    const { provider, fault, reference, ...row } = record(body);
    if (!this.knows(provider)) return this.unknownProvider();
    if (reference === undefined) {
      if (FILE_FAULTS.some((name) => name === fault)) return { provider, fault: String(fault) };
      return `fault of a file must be one of: ${FILE_FAULTS.join(', ')}`;
    }
    if (typeof reference !== 'string' || reference === '') return 'reference must be a non-empty string';
    if (!ROW_FAULTS.some((name) => name === fault)) return `fault of a row must be one of: ${ROW_FAULTS.join(', ')}`;
    const altered = readChange(row);
    if (altered === null)
      return 'an altered row has other values of: refundId, paymentId, orderId, amountMinor, currency, at, status, settled';
    return { provider, fault: String(fault), reference, row: altered };
  }

  private knows(provider: unknown): provider is string {
    return typeof provider === 'string' && this.providers.includes(provider);
  }

  private unknownProvider(): string {
    return `provider must be one of: ${this.providers.join(', ')}`;
  }
}

/** A file as its fault leaves it: cut off in the middle, or with one bit flipped there. */
export function damaged(content: Buffer, fault: FileFault | undefined): Buffer {
  const middle = Math.floor(content.length / 2);
  if (fault === 'truncated') return content.subarray(0, middle);
  if (fault !== 'bit-flipped') return content;
  const flipped = Buffer.from(content);
  flipped.writeUInt8(flipped.readUInt8(middle) ^ 1, middle);
  return flipped;
}

/** Whether an instant falls on a day, as a clock that is `offsetMinutes` ahead of UTC shows it. */
export const isOnDay = (atMs: number, day: string, offsetMinutes: number): boolean =>
  new Date(atMs + offsetMinutes * 60_000).toISOString().slice(0, 10) === day;

/** One of many: the same row under ids of its own. */
function numbered(row: SettledRow, n: number): SettledRow {
  const tail = String(n).padStart(6, '0');
  return {
    ...row,
    reference: row.reference === null ? null : `${row.reference}${tail}`,
    refundId: `${row.refundId}${tail}`,
    paymentId: `${row.paymentId}${tail}`,
    orderId: `${row.orderId}${tail}`,
  };
}

function record(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** Null when a value is none that a row may have. */
function readChange(given: Record<string, unknown>): Partial<SettledRow> | null {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (['reference', 'refundId', 'paymentId', 'orderId'].includes(name) && typeof value === 'string')
      row[name] = value;
    else if (name === 'reference' && value === null) row[name] = null;
    else if (name === 'amountMinor' && Number.isSafeInteger(value) && Number(value) > 0) row[name] = value;
    else if (name === 'currency' && typeof value === 'string' && /^[A-Z]{3}$/.test(value)) row[name] = value;
    else if (name === 'at' && typeof value === 'string' && !Number.isNaN(Date.parse(value)))
      row['atMs'] = Date.parse(value);
    else if (name === 'status' && SETTLED_STATUSES.some((status) => status === value)) row[name] = value;
    else if (name === 'settled' && isSettled(value)) row[name] = value;
    else return null;
  }
  return row;
}

function isSettled(value: unknown): boolean {
  const { currency, amountMinor, exchangeRate, ...rest } = record(value);
  const isCurrency = typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
  const isAmount = Number.isSafeInteger(amountMinor) && Number(amountMinor) > 0;
  return isCurrency && isAmount && typeof exchangeRate === 'number' && Object.keys(rest).length === 0;
}

function readRow(given: Record<string, unknown>): SettledRow | null {
  const row = readChange(given);
  const { refundId, paymentId, amountMinor, currency, atMs, status } = row ?? {};
  if (refundId === undefined || paymentId === undefined || amountMinor === undefined || currency === undefined)
    return null;
  if (atMs === undefined || status === undefined) return null;
  return {
    reference: row?.reference ?? null,
    refundId,
    paymentId,
    orderId: row?.orderId ?? paymentId,
    amountMinor,
    currency,
    atMs,
    status,
    ...(row?.settled && { settled: row.settled }),
  };
}
