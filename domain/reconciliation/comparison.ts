import type { Coverage } from './coverage';
import { difference, type Difference } from './difference';
import type { BookLine, CrmFact, PaymentFact, ProcessFact, SettlementLine } from './facts';
import { judgeCrm, judgePayment, judgeProcess } from './judge-own';
import { judgeReference, providerWordOf } from './judge-reference';

/** What a comparison has looked at, for people who read its result. */
export interface ComparisonCounts {
  providerLines: number;
  bookLines: number;
  refunds: number;
  crmRecords: number;
  payments: number;
}

/** The result: every difference once, in the order of their keys. */
export interface ComparisonResult {
  differences: Difference[];
  counts: ComparisonCounts;
}

/**
 * Compares one account of a provider with our books, the workflows and the CRM. Facts are added in any order, any number of
 * times: the same facts give the same differences. A fact that is added again with another content replaces the earlier.
 */
export class Comparison {
  private readonly lines = new Map<string, SettlementLine>();
  private readonly books = new Map<string, BookLine>();
  private readonly processes = new Map<string, ProcessFact>();
  private readonly crm = new Map<string, CrmFact>();
  private readonly payments = new Map<string, PaymentFact>();
  private readonly paymentIds = new Map<string, string>();

  /** @param nowMs the instant of the comparison: what changed just before is not held against anybody */
  constructor(
    private readonly coverage: Coverage,
    private readonly nowMs: number,
  ) {}

  addLine(line: SettlementLine): void {
    this.lines.set(line.key, line);
  }

  addBook(book: BookLine): void {
    this.books.set(book.reference, book);
    this.paymentIds.set(book.providerPaymentId, book.paymentId);
  }

  /** Tells which of our payments the provider knows by a name, for refunds that nobody here made. */
  addPaymentName(providerPaymentId: string, paymentId: string): void {
    this.paymentIds.set(providerPaymentId, paymentId);
  }

  addProcess(fact: ProcessFact): void {
    this.processes.set(fact.refundId, fact);
  }

  addCrm(fact: CrmFact): void {
    this.crm.set(fact.refundId, fact);
  }

  addPayment(fact: PaymentFact): void {
    this.payments.set(fact.paymentId, fact);
  }

  result(): ComparisonResult {
    const { ofBooks, strangers } = this.match();
    const paidTwice = this.legsPaidTwice(ofBooks);
    const found = [
      ...[...this.books.values()].flatMap((book) =>
        judgeReference(book, ofBooks.get(book.reference) ?? [], this.coverage, {
          paidTwice: paidTwice.has(book.legId),
        }),
      ),
      ...[...paidTwice].map(([legId, books]) => this.paidTwiceDifference(legId, books)),
      ...[...strangers].flatMap(([name, lines]) => this.missingInBooks(name, lines)),
      ...[...this.processes.values()].flatMap((fact) => judgeProcess(fact, this.nowMs)),
      ...[...this.crm.values()].flatMap(judgeCrm),
      ...[...this.payments.values()].flatMap(judgePayment),
    ];
    return {
      differences: found.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      counts: {
        providerLines: this.lines.size,
        bookLines: this.books.size,
        refunds: this.processes.size,
        crmRecords: this.crm.size,
        payments: this.payments.size,
      },
    };
  }

  /** Gives each line to the attempt it names: by our reference, else by the provider's id of the refund. */
  private match(): { ofBooks: Map<string, SettlementLine[]>; strangers: Map<string, SettlementLine[]> } {
    const byProviderId = new Map<string, string>();
    for (const { providerRefundId, reference } of this.books.values()) {
      if (providerRefundId !== null) byProviderId.set(providerRefundId, reference);
    }
    const ofBooks = new Map<string, SettlementLine[]>();
    const strangers = new Map<string, SettlementLine[]>();
    for (const line of this.lines.values()) {
      const known =
        line.reference !== null && this.books.has(line.reference)
          ? line.reference
          : byProviderId.get(line.providerRefundId ?? '');
      if (known === undefined) append(strangers, line.providerRefundId ?? line.reference ?? line.key, line);
      else append(ofBooks, known, line);
    }
    return { ofBooks, strangers };
  }

  /** Legs of which more than one attempt moved money, with those attempts. */
  private legsPaidTwice(ofBooks: ReadonlyMap<string, SettlementLine[]>): Map<string, BookLine[]> {
    const moved = new Map<string, BookLine[]>();
    for (const book of this.books.values()) {
      if (providerWordOf(ofBooks.get(book.reference) ?? []).moved > 0) append(moved, book.legId, book);
    }
    return new Map([...moved].filter(([, books]) => books.length > 1));
  }

  private paidTwiceDifference(legId: string, books: readonly BookLine[]): Difference {
    const inOrder = books.toSorted((a, b) => a.attempt - b.attempt);
    const [first] = inOrder;
    const subject = {
      legId,
      refundId: first?.refundId ?? null,
      paymentId: first?.paymentId ?? null,
      reference: inOrder.at(-1)?.reference ?? null,
    };
    return difference('paid_twice', [legId, ...inOrder.map(({ attempt }) => attempt)], subject, {
      references: inOrder.map(({ reference }) => reference).join(' '),
      amountMinor: inOrder.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
      currency: first?.currency ?? null,
    });
  }

  /** A refund that nobody here made counts once, however many lines tell of it. */
  private missingInBooks(name: string, lines: readonly SettlementLine[]): Difference[] {
    const word = providerWordOf(lines);
    if (word.status !== 'succeeded' && word.status !== 'pending') return [];
    const line = lines.reduce((first, other) => (other.key < first.key ? other : first));
    const names = line.providerPaymentIds.toSorted();
    const paymentId = names.map((one) => this.paymentIds.get(one)).find((one) => one !== undefined) ?? null;
    return [
      difference(
        'missing_in_books',
        [name],
        { reference: line.reference, providerRefundId: line.providerRefundId, paymentId },
        {
          providerStatus: word.status,
          providerAt: line.at,
          providerPaymentId: names[0] ?? null,
          amountMinor: line.amountMinor,
          currency: line.currency,
        },
      ),
    ];
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
