import type { Form } from '../http';
import type { SettledRow, SettlementFaults } from '../settlement';
import { invalidParameter, resourceMissing } from './errors';
import { refundObject } from './objects';
import { onlyKnown, optionalText, pageOf } from './parameters';
import type { RefundRow, StripeState } from './state';

/** A movement of the balance: a refund, or the money of a failed one that has come back. */
interface BalanceTransaction {
  readonly id: string;
  readonly type: string;
  readonly row: SettledRow;
  readonly refund: RefundRow | undefined;
}

/** `GET /v1/balance_transactions`, as far as refunds are concerned. */
export class StripeBalanceTransactions {
  constructor(
    private readonly state: StripeState,
    private readonly settlement: SettlementFaults,
  ) {}

  /** The list object, newest first. @throws StripeRefusal */
  list(form: Form): Record<string, unknown> {
    onlyKnown(form, ['created', 'type', 'source', 'currency', 'payout', 'limit', 'starting_after', 'expand']);
    const type = optionalText(form, 'type');
    if (type !== undefined && !/^[a-z_]+$/.test(type)) throw invalidParameter('type', `Invalid type: ${type}`);
    const { fromS, beforeS } = createdRange(form);
    const expand = form['expand'];
    const expanded = typeof expand === 'object' && Object.values(expand).includes('data.source');
    const page = pageOf(form);
    const matching = this.all()
      .filter((one) => type === undefined || one.type === type)
      .filter(({ row }) => Math.floor(row.atMs / 1_000) >= fromS && Math.floor(row.atMs / 1_000) < beforeS)
      .toReversed();
    const { startingAfter } = page;
    const start = startingAfter === undefined ? 0 : matching.findIndex(({ id }) => id === startingAfter) + 1;
    if (startingAfter !== undefined && start === 0) {
      throw resourceMissing('balance_transaction', startingAfter, 'starting_after', 400);
    }
    const shown = matching.slice(start, start + page.limit);
    return {
      object: 'list',
      data: shown.map((one) => this.present(one, expanded)),
      has_more: matching.length > start + shown.length,
      url: '/v1/balance_transactions',
    };
  }

  private all(): BalanceTransaction[] {
    const refunds = this.state.refunds.all();
    const known = new Map(refunds.map((refund) => [refund.id, refund]));
    const seen = new Map<string, number>();
    return this.settlement.apply('stripe', refunds.flatMap(rowsOf)).flatMap((row) => {
      if (row.status === 'pending' || row.status === 'failed') return [];
      const type = row.status === 'returned' ? 'refund_failure' : 'refund';
      const base = row.refundId.replace(/^re_/, row.status === 'returned' ? 'txn_f' : 'txn_');
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      return [{ id: count === 1 ? base : `${base}d${count}`, type, row, refund: known.get(row.refundId) }];
    });
  }

  private present({ id, type, row, refund }: BalanceTransaction, expanded: boolean): Record<string, unknown> {
    const sign = type === 'refund_failure' ? 1 : -1;
    const { amountMinor, currency } = row.settled ?? row;
    return {
      id,
      object: 'balance_transaction',
      amount: sign * amountMinor,
      available_on: Math.floor(row.atMs / 1_000),
      created: Math.floor(row.atMs / 1_000),
      currency: currency.toLowerCase(),
      description: null,
      exchange_rate: row.settled?.exchangeRate ?? null,
      fee: 0,
      fee_details: [],
      net: sign * amountMinor,
      reporting_category: type,
      source: expanded ? this.source(row, refund) : row.refundId,
      status: 'available',
      type,
    };
  }

  /** The refund behind it; one that was planted is made up from its row. */
  private source(row: SettledRow, refund: RefundRow | undefined): Record<string, unknown> {
    const payment = refund === undefined ? undefined : this.state.payments.get(refund.paymentId);
    const known = refund === undefined || payment === undefined ? {} : refundObject(refund, payment);
    return {
      object: 'refund',
      charge: null,
      created: Math.floor(row.atMs / 1_000),
      metadata: row.reference === null ? {} : { reference: row.reference },
      reason: null,
      status: row.status === 'returned' ? 'failed' : 'succeeded',
      ...known,
      id: row.refundId,
      amount: row.amountMinor,
      currency: row.currency.toLowerCase(),
      payment_intent: row.paymentId,
    };
  }
}

/** A refund that succeeded is one movement; one that failed after it had succeeded is two. */
function rowsOf(refund: RefundRow): SettledRow[] {
  const row = {
    reference: refund.metadata['reference'] ?? null,
    refundId: refund.id,
    paymentId: refund.paymentId,
    orderId: refund.chargeId,
    amountMinor: refund.amountMinor,
    currency: refund.currency.toUpperCase(),
    atMs: refund.createdAtSeconds * 1_000,
  };
  if (refund.status === 'succeeded') return [{ ...row, status: 'succeeded' }];
  if (refund.status !== 'failed' || refund.arn === undefined) return [];
  return [
    { ...row, status: 'succeeded' },
    { ...row, atMs: (refund.failedAtSeconds ?? refund.createdAtSeconds) * 1_000, status: 'returned' },
  ];
}

function createdRange(form: Form): { fromS: number; beforeS: number } {
  const created = form['created'];
  if (created === undefined) return { fromS: 0, beforeS: Number.POSITIVE_INFINITY };
  if (typeof created === 'string') throw invalidParameter('created', 'Invalid object');
  const read = (name: string, otherwise: number): number => {
    const text = created[name];
    if (text === undefined) return otherwise;
    if (typeof text !== 'string' || !/^\d{1,12}$/.test(text)) throw invalidParameter('created', 'Invalid timestamp');
    return Number(text);
  };
  const known = new Set(['gte', 'gt', 'lte', 'lt']);
  const strange = Object.keys(created).find((name) => !known.has(name));
  if (strange !== undefined) throw invalidParameter(`created[${strange}]`, `Received unknown parameter: ${strange}`);
  return {
    fromS: Math.max(read('gte', 0), read('gt', -1) + 1),
    beforeS: Math.min(read('lt', Number.POSITIVE_INFINITY), read('lte', Number.POSITIVE_INFINITY) + 1),
  };
}
