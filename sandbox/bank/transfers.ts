import { createHash } from 'node:crypto';
import type { Fault, FaultBoard } from '../faults';
import { randomId } from '../http';
import type { Change } from '../journal';
import type { Ledger } from '../ledger';
import type { Timers } from '../timers';
import { exponentOf } from './currencies';
import { damaged, isOnDay, type SettledRow, type SettlementFaults } from '../settlement';
import { again, bookingNotice, broken, messageRefused, statusReport, type Report } from './reports';
import { dayStatement } from './statement';
import type { BankState, StatementPlan, TransferRow } from './state';
import { FileRefused, readOrders, type Order } from './xml';

const SETTLES_AFTER_MS = 1_000;
const LATE_STATEMENT_MS = 2_000;

interface Parts {
  readonly ledger: Ledger;
  readonly timers: Timers;
  readonly faults: FaultBoard;
  readonly settlement: SettlementFaults;
}

/** The transfers of the bank stand-in: what is taken in, booked, refused, returned, and what the customer reads of it. */
export class BankTransfers {
  constructor(
    private readonly state: BankState,
    private readonly parts: Parts,
  ) {}

  /** References by which a fault may name a file: its EndToEndIds, or none when it cannot be read. */
  referencesOf(content: string): string[] {
    try {
      return readOrders(content).map(({ endToEndId }) => endToEndId);
    } catch (error) {
      if (error instanceof FileRefused) return [];
      throw error;
    }
  }

  /** Takes a file in. What is wrong with it is said by a pain.002, as banks do, not by this call. */
  take(content: string, fault: Fault | undefined): void {
    let orders: Order[];
    try {
      orders = readOrders(content);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      const messageId = /<MsgId>([A-Za-z0-9]{1,35})<\/MsgId>/.exec(content)?.[1] ?? 'UNREADABLE';
      this.state.journal.commit(...this.leave(messageRefused(messageId, error.code, error.message)));
      return;
    }
    const digest = createHash('sha256').update(content).digest('hex');
    const messageId = orders[0]?.messageId ?? '';
    const known = this.state.messages.get(messageId);
    // The same file again is no new order, and nothing needs to be said about it.
    if (known === digest) return;
    if (known !== undefined) {
      const report = messageRefused(messageId, 'DU01', 'the MsgId was used for another message');
      this.state.journal.commit(...this.leave(report));
      return;
    }
    const changes: Change[] = [this.state.messages.put(messageId, digest)];
    const taken = orders.map((order) => this.takeOrder(order, fault, changes));
    this.state.journal.commit(...changes);
    for (const transfer of taken) if (transfer !== undefined) this.settleLater(transfer);
  }

  /** The files that are there by now, oldest first. */
  reports(): string[] {
    const now = Date.now();
    return this.state.reports
      .all()
      .filter(({ visibleAtMs }) => visibleAtMs <= now)
      .map(({ name }) => name);
  }

  report(name: string): string | undefined {
    const row = this.state.reports.get(name);
    return row === undefined || row.visibleAtMs > Date.now() ? undefined : row.content;
  }

  find(endToEndId: string): TransferRow | undefined {
    return this.state.transfers.get(endToEndId);
  }

  /** The payee's bank sends booked money back. */
  giveBack(transfer: TransferRow, reason: string): void {
    const returned: TransferRow = { ...transfer, status: 'returned', returnedAtMs: Date.now() };
    this.state.journal.commit(
      this.state.transfers.put(returned.endToEndId, returned),
      ...this.parts.ledger.changeStatus(movementIdOf(returned), 'failed'),
      ...this.leave(bookingNotice(returned, reason)),
    );
  }

  /** The bank says of what it has booked that it refuses it: it contradicts itself. */
  refuseBooked(transfer: TransferRow, reason: string): void {
    this.state.journal.commit(...this.leave(statusReport(transfer, 'RJCT', reason)));
  }

  /** The bank books what it has refused: it contradicts itself, and the money is gone. */
  bookRefused(transfer: TransferRow): void {
    this.state.journal.commit(...this.book(transfer));
  }

  /** The bank takes money once more that it had sent back, under the same order: a movement that nobody asked for. */
  debitAgain(transfer: TransferRow): void {
    const { earlier = [], ...pass } = transfer;
    const { returnedAtMs: _, ...order } = pass;
    const bankReference = randomId('B', 15).toUpperCase();
    this.state.journal.commit(...this.book({ ...order, earlier: [...earlier, pass], bankReference }));
  }

  /** The bank says of what it has refused that it is settled, and books nothing: it contradicts itself. */
  settleRefused(transfer: TransferRow): void {
    this.state.journal.commit(...this.leave(statusReport(transfer, 'ACSC')));
  }

  /** Leaves the camt.054 of a booking once more, whole and at once. */
  stateAgain(transfer: TransferRow): void {
    this.state.journal.commit(...this.leave(again(bookingNotice(transfer))));
  }

  /**
   * Leaves the camt.053 of a day, as a bank does when the day is over.
   * @returns the name of the file
   */
  closeDay(day: string): string {
    const rows = this.parts.settlement
      .apply('bank_transfer', this.state.transfers.all().flatMap(settledRowsOf))
      .filter(({ atMs }) => isOnDay(atMs, day, 0));
    const fault = this.parts.settlement.takeFileFault('bank_transfer', ['truncated', 'bit-flipped']);
    const { name, content } = dayStatement(rows, day);
    const left = damaged(Buffer.from(content, 'utf8'), fault).toString('utf8');
    this.state.journal.commit(...this.leave({ name, content: left }));
    return name;
  }

  /** Takes up the pending transfers of a stopped process. */
  resume(): void {
    for (const transfer of this.state.transfers.all()) this.settleLater(transfer);
  }

  private takeOrder(order: Order, fault: Fault | undefined, changes: Change[]): TransferRow | undefined {
    if (this.state.transfers.get(order.endToEndId) !== undefined) {
      changes.push(...this.leave(statusReport(order, 'RJCT', 'AM05')));
      return undefined;
    }
    if (fault?.name === 'error') {
      changes.push(...this.leave(statusReport(order, 'RJCT', fault.argument)));
      return undefined;
    }
    const call = { provider: 'bank_transfer', operation: 'file.send', references: [order.endToEndId], commits: true };
    const { messageId, paymentInformationId, endToEndId, amount, currency } = order;
    const transfer: TransferRow = {
      messageId,
      paymentInformationId,
      endToEndId,
      amount,
      currency,
      status: 'pending',
      bankReference: randomId('B', 15).toUpperCase(),
      statements: statementPlanOf(this.parts.faults.takeForWebhook(call)),
    };
    changes.push(
      this.parts.ledger.record(endToEndId, {
        provider: 'bank_transfer',
        reference: endToEndId,
        paymentId: paymentInformationId,
        amountMinor: minorOf(amount, currency),
        currency,
        at: new Date().toISOString(),
        status: 'pending',
      }),
      ...this.leave(statusReport(transfer, 'ACTC')),
    );
    if (fault?.name === 'pending-ok' || fault?.name === 'pending-fail') {
      const atMs = Date.now() + (fault.delayMs ?? SETTLES_AFTER_MS);
      const pending: TransferRow = {
        ...transfer,
        settlement:
          fault.name === 'pending-ok'
            ? { atMs, to: 'booked' }
            : { atMs, to: 'rejected', reason: fault.argument ?? 'AC04' },
      };
      changes.push(this.state.transfers.put(endToEndId, pending));
      return pending;
    }
    changes.push(...this.book(transfer));
    return undefined;
  }

  private settleLater(transfer: TransferRow): void {
    const { settlement } = transfer;
    if (settlement === undefined) return;
    this.parts.timers.after(Math.max(0, settlement.atMs - Date.now()), () => {
      const current = this.state.transfers.get(transfer.endToEndId);
      if (current?.settlement === undefined) return;
      const { settlement: due, ...rest } = current;
      this.state.journal.commit(...(due.to === 'booked' ? this.book(rest) : this.reject(rest, due.reason)));
    });
  }

  private reject(transfer: TransferRow, reason: string | undefined): Change[] {
    return [
      this.state.transfers.put(transfer.endToEndId, { ...transfer, status: 'rejected' }),
      ...this.parts.ledger.changeStatus(transfer.endToEndId, 'failed'),
      ...this.leave(statusReport(transfer, 'RJCT', reason)),
    ];
  }

  private book(transfer: TransferRow): Change[] {
    const booked: TransferRow = { ...transfer, status: 'booked', bookedAtMs: Date.now() };
    const { suppressed, copies, delayMs, broken: isBroken } = booked.statements;
    const notice = bookingNotice(booked);
    const first = isBroken ? broken(notice) : notice;
    const notices = suppressed ? [] : [first, ...Array.from({ length: copies - 1 }, () => again(notice))];
    // The movement and the row are written after those of acceptance, so the last one of the line counts.
    const movement = {
      provider: 'bank_transfer',
      reference: booked.endToEndId,
      paymentId: booked.paymentInformationId,
      amountMinor: minorOf(booked.amount, booked.currency),
      currency: booked.currency,
      at: new Date().toISOString(),
      status: 'succeeded',
    } as const;
    return [
      this.state.transfers.put(booked.endToEndId, booked),
      this.parts.ledger.record(movementIdOf(booked), movement),
      ...this.leave(statusReport(booked, 'ACSP')),
      ...notices.flatMap((one) => this.leave(one, delayMs)),
    ];
  }

  private leave(report: Report, delayMs = 0): Change[] {
    return [this.state.reports.put(report.name, { ...report, visibleAtMs: Date.now() + delayMs })];
  }
}

/** Each debit of an order is a movement of its own. */
const movementIdOf = ({ endToEndId, earlier = [] }: TransferRow): string =>
  earlier.length === 0 ? endToEndId : `${endToEndId}#${earlier.length + 1}`;

const settledRowsOf = (transfer: TransferRow): SettledRow[] =>
  [...(transfer.earlier ?? []), transfer].flatMap((pass) => settledRowsOfPass(transfer, pass));

/** A booked transfer is a debit, a returned one a credit beside it. */
function settledRowsOfPass(
  transfer: TransferRow,
  { bookedAtMs, returnedAtMs, bankReference }: Pick<TransferRow, 'bankReference' | 'bookedAtMs' | 'returnedAtMs'>,
): SettledRow[] {
  if (bookedAtMs === undefined) return [];
  const row = {
    reference: transfer.endToEndId,
    refundId: bankReference,
    paymentId: transfer.paymentInformationId,
    orderId: transfer.messageId,
    amountMinor: minorOf(transfer.amount, transfer.currency),
    currency: transfer.currency,
  };
  return [
    { ...row, atMs: bookedAtMs, status: 'succeeded' },
    ...(returnedAtMs === undefined ? [] : [{ ...row, atMs: returnedAtMs, status: 'returned' } as const]),
  ];
}

function statementPlanOf(fault: Fault | undefined): StatementPlan {
  return {
    copies: fault?.name === 'duplicate-webhook' ? Number(fault.argument) : 1,
    delayMs: fault?.name === 'late-webhook' ? (fault.delayMs ?? LATE_STATEMENT_MS) : 0,
    broken: fault?.name === 'bad-signature',
    suppressed: fault?.name === 'no-webhook',
  };
}

function minorOf(amount: string, currency: string): number {
  const exponent = exponentOf(currency);
  const [whole = '0', fraction = ''] = amount.split('.');
  return Number(`${whole}${fraction.padEnd(exponent, '0').slice(0, exponent)}`);
}
