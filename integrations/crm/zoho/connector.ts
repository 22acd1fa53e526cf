import { checkedBase } from '../../checked-base';
import { CrmPermanentError, type CrmConnector, type CrmContact, type CrmRefundCase } from '../connector';
import { recordIdOf, refusesToken, requestError } from './errors';
import { contactCheckFields, contactFields, refundFields, REFUND_KEY_FIELD } from './fields';
import { callZoho, isRecord, ZOHO, type ZohoAnswer } from './http';
import { KnownContacts } from './known-contacts';
import type { ZohoOptions } from './options';
import { ZohoTokens } from './tokens';

const DEFAULT_TIMEOUT_MS = 15_000;

/** Zoho CRM v8: customers as contacts, refunds in a custom module, both upserted by fields of our own. */
export class ZohoConnector implements CrmConnector {
  readonly crm = ZOHO;
  private readonly apiBase: URL;
  private readonly timeoutMs: number;
  private readonly tokens: ZohoTokens;
  private readonly refundModule: string;
  private readonly contactModule: string;
  private readonly contacts: KnownContacts;

  /** @throws Error when a base URL is neither https nor on this machine, or a module name is none */
  constructor(options: ZohoOptions) {
    this.apiBase = checkedBase('Zoho', options.apiBase, { allowPlainHttp: options.allowPlainHttp ?? false });
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const clockMs = options.clockMs ?? Date.now;
    this.tokens = new ZohoTokens(options, this.timeoutMs, clockMs);
    this.contacts = new KnownContacts(clockMs);
    this.refundModule = checkedModule(options.refundModule ?? 'Refunds');
    this.contactModule = checkedModule(options.contactModule ?? 'Contacts');
  }

  async upsertContact(contact: CrmContact): Promise<{ recordId: string }> {
    const written = await this.upsert(this.contactModule, contactFields(contact), contactCheckFields(contact));
    this.contacts.remember(contact, written.recordId);
    return written;
  }

  /** Leaves out the contact when it was written a short while ago, unless Zoho no longer takes it. */
  async upsertRefundCase(input: CrmRefundCase): Promise<{ recordId: string }> {
    const known = this.contacts.find(input.customer);
    if (known !== null) {
      try {
        return await this.upsertRefund(input, known);
      } catch (error) {
        if (!(error instanceof CrmPermanentError)) throw error;
        this.contacts.forget(input.customer);
      }
    }
    const contact = await this.upsertContact(input.customer);
    return this.upsertRefund(input, contact.recordId);
  }

  async readRefundCases(recordIds: readonly string[]): Promise<Map<string, { status: string | null }>> {
    if (recordIds.length === 0) return new Map();
    const query = new URLSearchParams({ ids: recordIds.join(','), fields: 'Refund_Status' });
    const answer = await this.call('GET', `/crm/v8/${this.refundModule}?${query.toString()}`);
    // Zoho answers 204 when it has none of them.
    if (answer.status === 204) return new Map();
    const error = requestError(answer);
    if (error !== null) throw error;
    return statusesOf(answer);
  }

  private upsertRefund(input: CrmRefundCase, contactId: string): Promise<{ recordId: string }> {
    return this.upsert(this.refundModule, refundFields(input, contactId), [REFUND_KEY_FIELD]);
  }

  private async upsert(
    module: string,
    fields: Record<string, unknown>,
    duplicateCheckFields: string[],
  ): Promise<{ recordId: string }> {
    // An empty trigger list: the CRM's own workflows must not write to customers about what Redress tells them.
    const body = JSON.stringify({ data: [fields], duplicate_check_fields: duplicateCheckFields, trigger: [] });
    const answer = await this.call('POST', `/crm/v8/${module}/upsert`, body);
    const error = requestError(answer);
    if (error !== null) throw error;
    return { recordId: recordIdOf(answer) };
  }

  /** One call, and one more with a fresh token when Zoho refused the token. */
  private async call(method: 'GET' | 'POST', path: string, body?: string): Promise<ZohoAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const token = await this.tokens.current();
      const answer = await callZoho(
        new URL(path, this.apiBase),
        {
          method,
          headers: {
            authorization: `Zoho-oauthtoken ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body }),
        },
        this.timeoutMs,
      );
      if (!refusesToken(answer)) return answer;
      this.tokens.refused(token);
      if (attempt === 2) throw new CrmPermanentError(ZOHO, 'AUTHENTICATION_FAILURE', 'a fresh token is refused');
    }
  }
}

/** Records without an id are none: an answer that names no records is not taken for an empty CRM. */
function statusesOf(answer: ZohoAnswer): Map<string, { status: string | null }> {
  const data = isRecord(answer.body) ? answer.body['data'] : undefined;
  if (!Array.isArray(data)) throw new CrmPermanentError(ZOHO, 'UNREADABLE_ANSWER');
  return new Map(
    data.filter(isRecord).flatMap((record) => {
      const { id, Refund_Status: status } = record;
      return typeof id === 'string' ? [[id, { status: typeof status === 'string' ? status : null }] as const] : [];
    }),
  );
}

function checkedModule(name: string): string {
  if (/^[A-Za-z]\w{0,99}$/.test(name)) return name;
  throw new Error(`"${name}" is not the API name of a Zoho module.`);
}
