import type { InboxMessage } from '../../../sandbox';
import type { Db } from '../../../store';
import { violated, type Violation } from './input';

/** How long after its time a letter may still wait for its delivery. */
const DELIVERY_GRACE_MS = 600_000;

/**
 * 6. Every letter reached somebody, waits for its time, or is dead with a desk item that says so; an SMS is tried once at
 * most, since a second one cannot be taken back.
 */
export async function nobodyUntold(
  db: Db,
  { letters, now, delivered }: { letters: (() => Promise<InboxMessage[]>) | undefined; now: Date; delivered: boolean },
): Promise<Violation[]> {
  const messages = await db.message.findMany({ orderBy: { id: 'asc' } });
  const dead = messages.filter((message) => message.status === 'dead');
  const items = await db.deskItem.findMany({ where: { refundId: { in: dead.map((message) => message.refundId) } } });
  const arrived =
    letters && new Set((await letters()).map((letter) => /<([^.]+)\./.exec(letter.headers['message-id'] ?? '')?.[1]));
  const found = messages.flatMap((message) => {
    const name = `message ${message.id} (${message.kind} by ${message.channel}, refund ${message.refundId})`;
    switch (message.status) {
      case 'dead':
        return items.some((item) => item.refundId === message.refundId) ? [] : [`${name}: dead without a desk item`];
      case 'due': {
        const late = message.dueAt.getTime() + DELIVERY_GRACE_MS < now.getTime();
        return late || (delivered && message.channel === 'email')
          ? [`${name}: was due at ${message.dueAt.toISOString()} and is not sent`]
          : [];
      }
      case 'sent':
        return message.channel === 'email' && arrived && !arrived.has(message.id)
          ? [`${name}: sent, and no inbox has it`]
          : [];
      default:
        return [];
    }
  });
  const twice = messages.filter((message) => message.channel === 'sms' && message.attempts > 1);
  found.push(...twice.map((message) => `message ${message.id}: an SMS was tried ${message.attempts} times`));
  return found.map((what) => violated('nobody_untold', what));
}
