import type { TimelineEvent } from '../../store';
import { isStaff, type Reading } from './refund';

/** What colleagues write and who they are: for colleagues alone. */
const STAFF_ONLY = ['reason', 'note', 'personId', 'rule', 'recipient'];

/** The timeline as this reader may see it: names, reasons and persons for staff, words meant for the customer for all. */
export function presentTimeline(events: TimelineEvent[], reading: Reading): TimelineEvent[] {
  if (isStaff(reading.principal)) return events;
  return events.map((event) => ({
    ...event,
    actor: {
      kind: event.actor.kind,
      id: event.actor.kind === 'person' ? null : event.actor.id,
      name: null,
      onBehalfOf: null,
    },
    data: withoutStaff(event.data),
  }));
}

function withoutStaff(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([key]) => !STAFF_ONLY.includes(key))
      .map(([key, value]) => [
        key,
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? withoutStaff(value as Record<string, unknown>)
          : value,
      ]),
  );
}
