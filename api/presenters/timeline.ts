import type { TimelineEvent } from '../../store';
import { readerOf, type Reading } from './refund';
import { shownTo } from './timeline-fields';

/**
 * The timeline as this reader may see it: everything for staff; for outsiders the events and fields that are theirs to
 * know, without persons. Numbers that are left out are events of ours.
 */
export function presentTimeline(events: TimelineEvent[], reading: Reading): TimelineEvent[] {
  const reader = readerOf(reading.principal);
  if (reader === 'reviewer') return events;
  return events.flatMap((event) => {
    const data = shownTo(reader, event);
    if (data === null) return [];
    const { kind, id } = event.actor;
    return [{ ...event, actor: { kind, id: kind === 'person' ? null : id, name: null, onBehalfOf: null }, data }];
  });
}
