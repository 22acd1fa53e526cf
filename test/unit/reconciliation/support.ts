import {
  Comparison,
  coverageOf,
  type BookLine,
  type CrmFact,
  type Difference,
  type PaymentFact,
  type ProcessFact,
  type SettlementLine,
} from '../../../domain/reconciliation';

export const DAY = '2026-11-10';
/** Two days are known: the reconciled one and the one before. */
export const TIMING = { dayOffsetMinutes: 0, graceMs: 3_600_000 };
export const COVERAGE = coverageOf(DAY, new Set(['2026-11-09']), TIMING);
const NOW_MS = Date.parse('2026-11-11T03:00:00Z');

/** Everything that a comparison is fed with. */
export interface Facts {
  lines: SettlementLine[];
  books: BookLine[];
  processes: ProcessFact[];
  crm: CrmFact[];
  payments: PaymentFact[];
}

export const at = (time: string, day = DAY): string => `${day}T${time}:00.000Z`;

export const book = (n: number, more: Partial<BookLine> = {}): BookLine => ({
  reference: `R${n}`,
  refundId: `rf_${n}`,
  legId: `al_${n}`,
  attempt: 1,
  paymentId: `pm_${n}`,
  providerPaymentId: `pi_${n}`,
  providerRefundId: `re_${n}`,
  status: 'succeeded',
  amountMinor: 1_000 + n,
  currency: 'CNY',
  instructedAt: at('10:00'),
  changedAt: at('10:01'),
  ...more,
});

export const line = (n: number, more: Partial<SettlementLine> = {}): SettlementLine => ({
  key: `${DAY}:${n}`,
  reference: `R${n}`,
  providerRefundId: `re_${n}`,
  providerPaymentIds: [`pi_${n}`],
  amountMinor: 1_000 + n,
  currency: 'CNY',
  at: at('10:00'),
  status: 'succeeded',
  feeMinor: null,
  settled: null,
  ...more,
});

export const process = (n: number, more: Partial<ProcessFact> = {}): ProcessFact => {
  const legs = [{ legId: `al_${n}`, reference: `R${n}`, status: 'succeeded', amountMinor: 1_000 + n }];
  return {
    refundId: `rf_${n}`,
    stand: { status: 'paid', seq: 4, legs },
    changedAt: at('10:01'),
    isOver: false,
    workflow: 'running',
    says: { status: 'paid', seq: 4, legs },
    ...more,
  };
};

export const crm = (n: number, more: Partial<CrmFact> = {}): CrmFact => ({
  refundId: `rf_${n}`,
  dueSeq: 4,
  status: 'paid',
  seq: 4,
  syncedSeq: 4,
  record: { found: true, status: 'paid' },
  ...more,
});

export const payment = (n: number, more: Partial<PaymentFact> = {}): PaymentFact => ({
  paymentId: `pm_${n}`,
  row: { refundedMinor: 1_000 + n, reservedMinor: 0 },
  rows: { refundedMinor: 1_000 + n, reservedMinor: 0 },
  ledger: { refundedMinor: 1_000 + n, reservedMinor: 0 },
  ...more,
});

/** A refund that everybody says the same of. */
export const inOrder = (n: number): Facts => ({
  lines: [line(n)],
  books: [book(n)],
  processes: [process(n)],
  crm: [crm(n)],
  payments: [payment(n)],
});

export const together = (facts: readonly Facts[]): Facts => ({
  lines: facts.flatMap(({ lines }) => lines),
  books: facts.flatMap(({ books }) => books),
  processes: facts.flatMap(({ processes }) => processes),
  crm: facts.flatMap((one) => one.crm),
  payments: facts.flatMap(({ payments }) => payments),
});

export function compare(facts: Partial<Facts>, coverage = COVERAGE): Difference[] {
  const comparison = new Comparison(coverage, NOW_MS);
  for (const one of facts.lines ?? []) comparison.addLine(one);
  for (const one of facts.books ?? []) comparison.addBook(one);
  for (const one of facts.processes ?? []) comparison.addProcess(one);
  for (const one of facts.crm ?? []) comparison.addCrm(one);
  for (const one of facts.payments ?? []) comparison.addPayment(one);
  return comparison.result().differences;
}

export const kindsOf = (differences: readonly Difference[]): string[] => differences.map(({ kind }) => kind);
