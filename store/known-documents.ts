import { createHash } from 'node:crypto';
import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import { parsePolicy, type PolicyDocument } from '../domain/policy';
import type { Statements } from './statements';

/*
 * Policies and calendars hardly ever change and every acceptance and transition is judged by them, so each is checked once
 * for each content: what names a document here is a hash of it. What is worked out from a calendar is kept with the value.
 */

type Mode = 'live' | 'test';

/** More than an installation has, few enough to hold. */
const MAX_KEPT = 100;
const policies = new Map<string, PolicyDocument>();
const calendars = new Map<string, BusinessCalendar>();

function keep<T>(known: Map<string, T>, key: string, value: T): T {
  if (known.size >= MAX_KEPT) known.clear();
  known.set(key, value);
  return value;
}

/** The published policy with this hash. @throws InvalidPolicyError when what is stored is none */
export async function policyOfHash(tx: Statements, mode: Mode, hash: string): Promise<PolicyDocument> {
  const known = policies.get(hash);
  if (known) return known;
  const [row] = await tx.$queryRaw<{ document: unknown }[]>`
    SELECT document FROM policies WHERE mode = ${mode}::"Mode" AND hash = ${hash} AND status = 'published' LIMIT 1`;
  if (!row) throw new Error(`The policy ${hash} was there a moment ago.`);
  return keep(policies, hash, parsePolicy(row.document));
}

/**
 * The calendar with this id as its hash names it; when it has just been changed, as it is now.
 * @throws InvalidCalendarError when what is stored is none
 */
export async function calendarOfHash(tx: Statements, mode: Mode, id: string, hash: string): Promise<BusinessCalendar> {
  const known = calendars.get(hash);
  if (known) return known;
  const [row] = await tx.$queryRaw<{ text: string }[]>`
    SELECT document::text AS text FROM calendars WHERE mode = ${mode}::"Mode" AND id = ${id}`;
  if (!row) throw new Error(`The calendar ${id} was there a moment ago.`);
  return calendarOfText(row.text);
}

/** A stored document as a calendar. @throws InvalidCalendarError when it is none */
export function calendarOfText(text: string): BusinessCalendar {
  // As the database hashes it, so that the same calendar is known by either way.
  const hash = createHash('md5').update(text).digest('hex');
  return calendars.get(hash) ?? keep(calendars, hash, parseBusinessCalendar(JSON.parse(text)));
}
