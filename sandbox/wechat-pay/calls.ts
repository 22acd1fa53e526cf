import type { Request, Response } from 'express';
import type { Fault } from '../faults';
import { dropConnection } from '../http';
import type { Change } from '../journal';
import type { ProviderParts } from '../provider-parts';
import type { WeChatPayCredentials } from './credentials';
import { systemError, WeChatPayRefusal } from './errors';
import { platformHeaders, requestFault, spoiled } from './signing';

/** Names that a fault's `operation` may have. */
export const WECHAT_PAY_OPERATIONS = ['refund.create', 'refund.query', 'bill.query'] as const;

const SLOW_MS = 1_000;

/** What a call has prepared: what it answers and what it changes. */
export interface Prepared {
  readonly body: Record<string, unknown>;
  readonly changes: readonly Change[];
  committed(): void;
}

/** What every call has in common: the request's signature, faults, error shapes, the answer's signature. */
export class WeChatPayCalls {
  constructor(
    private readonly parts: Omit<ProviderParts, 'ledger'>,
    private readonly credentials: () => WeChatPayCredentials,
  ) {}

  /**
   * Serves one call.
   * @param prepare decides; what it throws as WeChatPayRefusal is answered
   */
  async serve(
    operation: (typeof WECHAT_PAY_OPERATIONS)[number],
    request: Request,
    response: Response,
    prepare: (json: Record<string, unknown>, answer: Fault | undefined, webhook: () => Fault | undefined) => Prepared,
  ): Promise<void> {
    const commits = operation === 'refund.create';
    const body: unknown = request.body;
    const raw = typeof body === 'string' ? body : '';
    const wrong = requestFault(this.credentials(), {
      method: request.method,
      url: request.originalUrl,
      body: raw,
      authorization: request.get('authorization'),
    });
    if (wrong !== undefined) {
      // A request that it cannot attribute is answered without a signature.
      response.status(401).json(new WeChatPayRefusal('SIGN_ERROR', wrong).body);
      this.parts.log(`wechat_pay ${operation} 401`);
      return;
    }
    const json = jsonOf(raw);
    const reference = commits ? json['out_refund_no'] : (request.params['number'] ?? request.query['bill_date']);
    const call = { provider: 'wechat_pay', operation, references: [String(reference)], commits };
    const fault = this.parts.faults.takeForAnswer(call);
    if (fault?.name === 'slow-before-commit') await this.pause(fault);
    if (fault?.name === 'drop-before-commit') return dropConnection(response);
    let status = 200;
    let answer: Record<string, unknown>;
    try {
      if (fault?.name === '5xx') throw systemError();
      if (fault?.name === 'error') throw new WeChatPayRefusal(fault.argument ?? '', 'injected');
      const prepared = prepare(json, fault, () => this.parts.faults.takeForWebhook(call));
      this.parts.journal.commit(...prepared.changes);
      prepared.committed();
      if (fault?.name === '5xx-after-commit') throw systemError();
      answer = prepared.body;
    } catch (error) {
      if (!(error instanceof WeChatPayRefusal)) throw error;
      ({ status, body: answer } = error);
    }
    if (fault?.name === 'slow') await this.pause(fault);
    if (fault?.name === 'drop-after-commit') return dropConnection(response);
    const text = fault?.name === 'unreadable-answer' ? '<html>' : JSON.stringify(answer);
    const headers = platformHeaders(this.credentials(), text);
    if (fault?.name === 'bad-answer-signature') response.set(spoiled(headers));
    else if (fault?.name !== 'no-answer-signature') response.set(headers);
    response.status(status).type('application/json').send(text);
    this.parts.log(`wechat_pay ${operation} ${String(reference)} ${status}`);
  }

  private pause(fault: Fault): Promise<void> {
    return this.parts.timers.sleep(fault.delayMs ?? SLOW_MS);
  }
}

function jsonOf(raw: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(raw === '' ? '{}' : raw);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
