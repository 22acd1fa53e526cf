import { randomUUID } from 'node:crypto';
import type { Email } from 'postal-mime';
import type { Journal, Table } from '../journal';

/** A message as the inbox shows it. `text` and `html` are empty when the sender gave none. */
export interface InboxMessage {
  readonly id: string;
  readonly channel: 'email' | 'sms';
  /** Addresses of the envelope, separated by a comma and a space. */
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** ISO instant. */
  readonly receivedAt: string;
  /** Lower-case names; values of a repeated header are joined by a comma and a space. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Which messages are wanted. */
export interface MessageFilter {
  readonly to?: string;
  /** At most so many, the newest of them. */
  readonly limit?: number;
}

/** Every message that arrived. The same message twice is two messages: whoever counts must see both. */
export class InboxMessages {
  private readonly messages: Table<InboxMessage>;

  constructor(private readonly journal: Journal) {
    this.messages = journal.table('inbox.messages');
  }

  /** Keeps a message. */
  add(message: InboxMessage): void {
    this.journal.commit(this.messages.put(message.id, message));
  }

  /** The message of that id, if there is one. */
  byId(id: string): InboxMessage | undefined {
    return this.messages.get(id);
  }

  /** Messages in the order of their arrival. */
  find(filter: MessageFilter): InboxMessage[] {
    const wanted = filter.to?.toLowerCase();
    const found = this.messages
      .all()
      .filter((message) => wanted === undefined || message.to.toLowerCase().split(', ').includes(wanted));
    return filter.limit === undefined ? found : found.slice(-filter.limit);
  }

  /** Throws every message away. */
  clear(): void {
    this.journal.commit(...this.messages.clear());
  }
}

/** The message that a parsed e-mail and its envelope make. */
export function messageFromEmail(email: Email, envelopeFrom: string, envelopeTo: readonly string[]): InboxMessage {
  const headers: Record<string, string> = {};
  for (const { key, value } of email.headers) {
    const earlier = headers[key];
    headers[key] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return {
    id: randomUUID(),
    channel: 'email',
    to: envelopeTo.join(', '),
    from: email.from?.address ?? envelopeFrom,
    subject: email.subject ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    receivedAt: new Date().toISOString(),
    headers,
  };
}
