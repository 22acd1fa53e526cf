import type { CrmContact } from '../connector';

/** A refund is written several times within minutes, and its customer hardly ever changes meanwhile. */
const LIFE_MS = 10 * 60 * 1_000;
const MAX_CONTACTS = 1_000;

interface KnownContact {
  recordId: string;
  untilMs: number;
}

/**
 * Contacts that were written a short while ago, by all that was written of them: any change is written again. Zoho counts
 * calls per day, and half of them would say the same once more.
 */
export class KnownContacts {
  private readonly known = new Map<string, KnownContact>();

  /** @param clockMs milliseconds of a clock */
  constructor(private readonly clockMs: () => number) {}

  /** The id of the record, or null when the contact is to be written. */
  find(contact: CrmContact): string | null {
    const found = this.known.get(keyOf(contact));
    return found !== undefined && this.clockMs() < found.untilMs ? found.recordId : null;
  }

  remember(contact: CrmContact, recordId: string): void {
    const key = keyOf(contact);
    this.known.delete(key);
    this.known.set(key, { recordId, untilMs: this.clockMs() + LIFE_MS });
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size > MAX_CONTACTS) this.known.delete(oldest);
  }

  forget(contact: CrmContact): void {
    this.known.delete(keyOf(contact));
  }
}

const keyOf = ({ externalId, name, email, phone }: CrmContact): string =>
  JSON.stringify([externalId, name, email, phone]);
