import { heartbeat } from '@temporalio/activity';
import type { ReconciliationActivities } from '../contract';
import {
  addDays,
  Comparison,
  coverageOf,
  dayBounds,
  DIFFERENCE_KINDS,
  differenceDueAt,
  judgeProcess,
  lookBackDays,
  type BookLine,
  type DifferenceKind,
  type ProcessFact,
  type SettlementLine,
  type SettlementTiming,
} from '../domain/reconciliation';
import { CrmPermanentError, CrmTransientError, type CrmConnector } from '../integrations/crm';
import {
  findBookLines,
  findPaymentNames,
  findSettlementLines,
  knownSettlementDays,
  openSubjects,
  pageSettledBookLines,
  pageSettlementLines,
  readPaymentFacts,
  readRefundStands,
  recordDifferences,
  type BookCursor,
  type BookNames,
  type LineCursor,
  type OpenSubjects,
  type ReconciliationRun,
  type RefundStand,
} from '../store';
import { bookSettlements } from './book-settlements';
import type { ActivityDeps } from './deps';
import { loadRun, type SettlementDeps } from './load-settlement';
import { readWorkflowStands, type WorkflowStand } from './workflow-stands';

export type CompareDeps = SettlementDeps & Pick<ActivityDeps, 'crm'>;

/** Asks workflows where they stand; a comparison without Temporal (a benchmark) puts in another. */
export type ReadWorkflows = (stands: readonly RefundStand[]) => Promise<Map<string, WorkflowStand>>;

const BATCH = 2_000;
const REFUND_BATCH = 1_000;
/** What the CRM is to know by now was stated before this long. */
const CRM_GRACE_MS = 3_600_000;
/** Records of the CRM that one run asks for: CRMs count calls. The rest is compared with what the CRM last took. */
const MAX_CRM_READS = 2_000;
const CRM_READ_AT_ONCE = 100;

const CRM_KINDS: ReadonlySet<DifferenceKind> = new Set(['crm_missing', 'crm_stale']);

/** Compares a loaded day with our books, the workflows and the CRM, and records what differs. */
export function createCompareSettlement(
  deps: CompareDeps,
  readWorkflows: ReadWorkflows = readWorkflowStands,
): Pick<ReconciliationActivities, 'compareSettlement'> {
  const { db, clock, logger, metrics } = deps;
  return {
    async compareSettlement({ runId }) {
      const { run, source } = await loadRun(deps, runId);
      const { opened = 0, seen = 0, resolved = 0 } = run.counts;
      if (run.endedAt !== null) return { opened, seen, resolved };
      const now = clock();
      const nowIso = now.toISOString();
      const known = await knownSettlementDays(db, run, run.day);
      const comparison = new Comparison(coverageOf(run.day, known, source.timing), now.getTime());
      const subjects = await openSubjects(db, run, run.day, nowIso);
      const days = { from: addDays(run.day, -lookBackDays(source.timing)), to: run.day };
      const exchangeBooked = await bookSettlements(deps, run, days, nowIso);
      const refundIds = await addMoney(deps, run, source.timing, days, subjects, comparison);
      const crmIsSeen = await addRefunds(deps, run, refundIds, comparison, { nowIso, readWorkflows });
      const { differences, counts } = comparison.result();
      const recorded = await recordDifferences(
        db,
        run,
        {
          differences,
          counts: { ...counts, crmAsked: crmIsSeen ? 1 : 0 },
          kinds: DIFFERENCE_KINDS.filter((kind) => crmIsSeen || !CRM_KINDS.has(kind)),
          dueAtOf: (kind) => differenceDueAt(kind, nowIso),
        },
        nowIso,
        () => heartbeat(),
      );
      metrics.reconciliations.inc({ provider: run.provider, outcome: 'done' });
      for (const { kind } of differences) metrics.reconciliationDifferences.inc({ kind });
      logger.info(
        { runId, provider: run.provider, day: run.day, exchangeBooked, ...counts, ...recorded },
        'A day is reconciled.',
      );
      return recorded;
    },
  };
}

/** Both sides of the money: the provider's lines, our attempts, their payments. @returns the refunds they belong to */
async function addMoney(
  { db }: CompareDeps,
  run: ReconciliationRun,
  timing: SettlementTiming,
  days: { from: string; to: string },
  subjects: OpenSubjects,
  comparison: Comparison,
): Promise<Set<string>> {
  const lines = new Map<string, SettlementLine>();
  const books = new Map<string, BookLine>();
  const addLines = (some: readonly SettlementLine[]): void => {
    for (const line of some) {
      lines.set(line.key, line);
      comparison.addLine(line);
    }
    heartbeat();
  };
  const addBooks = (some: readonly BookLine[]): void => {
    for (const book of some) {
      books.set(book.reference, book);
      comparison.addBook(book);
    }
    heartbeat();
  };
  for (let after: LineCursor | null = null; ;) {
    const page = await pageSettlementLines(db, run, days, { limit: BATCH, after });
    addLines(page.lines);
    if (page.next === null) break;
    after = page.next;
  }
  const window = {
    fromIso: new Date(dayBounds(days.from, timing.dayOffsetMinutes).fromMs).toISOString(),
    untilIso: new Date(dayBounds(run.day, timing.dayOffsetMinutes).untilMs).toISOString(),
  };
  for (let after: BookCursor | null = null; ;) {
    const page = await pageSettledBookLines(db, run, window, { limit: BATCH, after });
    addBooks(page.books);
    if (page.next === null) break;
    after = page.next;
  }
  await inBatches(subjects.references, async (references) => {
    addLines(await findSettlementLines(db, run, { references, providerRefundIds: [] }, days));
  });
  await inBatches(subjects.providerRefundIds, async (providerRefundIds) => {
    addLines(await findSettlementLines(db, run, { references: [], providerRefundIds }, days));
  });
  await addBooksBy(db, run, 'references', [...subjects.references, ...referencesOf(lines.values())], books, addBooks);
  await addBooksBy(db, run, 'legIds', subjects.legIds, books, addBooks);
  const nameless = [...lines.values()].filter(({ reference }) => reference === null || !books.has(reference));
  const providerIds = nameless.flatMap(({ providerRefundId }) => providerRefundId ?? []);
  await addBooksBy(db, run, 'providerRefundIds', providerIds, books, addBooks);
  // Whatever else the provider has shown of these, on whichever day.
  await inBatches([...books.values()], async (some) => {
    const references = some.map(({ reference }) => reference);
    const providerRefundIds = some.flatMap(({ providerRefundId }) => providerRefundId ?? []);
    addLines(await findSettlementLines(db, run, { references, providerRefundIds }, days));
  });
  const paymentIds = new Set([...subjects.paymentIds, ...[...books.values()].map(({ paymentId }) => paymentId)]);
  await inBatches([...new Set(nameless.flatMap(({ providerPaymentIds }) => providerPaymentIds))], async (names) => {
    for (const { providerPaymentId, paymentId } of await findPaymentNames(db, run, names)) {
      comparison.addPaymentName(providerPaymentId, paymentId);
      paymentIds.add(paymentId);
    }
  });
  await inBatches([...paymentIds], async (ids) => {
    for (const fact of await readPaymentFacts(db, ids)) comparison.addPayment(fact);
    heartbeat();
  });
  return new Set([...subjects.refundIds, ...[...books.values()].map(({ refundId }) => refundId)]);
}

/** Looks up attempts by names that are not known yet. */
async function addBooksBy(
  db: CompareDeps['db'],
  run: ReconciliationRun,
  by: keyof BookNames,
  names: readonly string[],
  known: ReadonlyMap<string, BookLine>,
  add: (books: readonly BookLine[]) => void,
): Promise<void> {
  const wanted = [...new Set(names)].filter((name) => by !== 'references' || !known.has(name));
  await inBatches(wanted, async (some) => add(await findBookLines(db, run, { [by]: some })));
}

/** Where the refunds stand by Postgres, by their workflows and in the CRM. @returns whether the CRM could be looked at */
async function addRefunds(
  { db, crm, logger }: CompareDeps,
  run: ReconciliationRun,
  refundIds: ReadonlySet<string>,
  comparison: Comparison,
  { nowIso, readWorkflows }: { nowIso: string; readWorkflows: ReadWorkflows },
): Promise<boolean> {
  const at = { nowIso, dueBeforeIso: new Date(Date.parse(nowIso) - CRM_GRACE_MS).toISOString() };
  let mayRead = MAX_CRM_READS;
  let crmIsSeen = crm !== null;
  const look = async (ids: string[]): Promise<void> => {
    const stands = await readRefundStands(db, run, ids, at);
    const workflows = await readWorkflows(stands);
    const facts = stands.flatMap((stand) => {
      const workflow = workflows.get(stand.refundId);
      return workflow === undefined ? [] : [factOf(stand, workflow)];
    });
    // What moved on while it was looked at says nothing: those that seem to differ are read again behind the answers.
    const suspicious = facts.filter((fact) => judgeProcess(fact, Date.parse(nowIso)).length > 0);
    const seqs = new Map(suspicious.map(({ refundId, stand }) => [refundId, stand.seq]));
    const moved = new Set(seqs.keys());
    for (const { refundId, seq } of await readRefundStands(db, run, [...seqs.keys()], at))
      if (seqs.get(refundId) === seq) moved.delete(refundId);
    for (const fact of facts) if (!moved.has(fact.refundId)) comparison.addProcess(fact);
    if (crm === null || !crmIsSeen) return;
    try {
      mayRead -= await addCrmFacts(crm, stands, mayRead, comparison);
    } catch (error) {
      if (!(error instanceof CrmTransientError) && !(error instanceof CrmPermanentError)) throw error;
      crmIsSeen = false;
      logger.warn({ runId: run.id, code: error.code }, 'The CRM could not be compared; the payments are.');
    }
    heartbeat();
  };
  await inBatches([...refundIds], look, REFUND_BATCH);
  return crmIsSeen;
}

const factOf = (stand: RefundStand, workflow: WorkflowStand): ProcessFact => {
  const { refundId, status, seq, legs, changedAt, isOver } = stand;
  return { refundId, stand: { status, seq, legs }, changedAt, isOver, ...workflow };
};

/** @returns how many records the CRM was asked for */
async function addCrmFacts(
  crm: CrmConnector,
  stands: readonly RefundStand[],
  mayRead: number,
  comparison: Comparison,
): Promise<number> {
  const withRecord = stands.flatMap(({ crmRecordId, crmDueSeq }) => (crmDueSeq === null ? [] : (crmRecordId ?? [])));
  const asked = withRecord.slice(0, Math.max(0, mayRead));
  const shown = new Map<string, { status: string | null }>();
  for (let from = 0; from < asked.length; from += CRM_READ_AT_ONCE) {
    const some = await crm.readRefundCases(asked.slice(from, from + CRM_READ_AT_ONCE));
    for (const [id, record] of some) shown.set(id, record);
    heartbeat();
  }
  const wasAsked = new Set(asked);
  for (const { refundId, status, seq, crmDueSeq: dueSeq, crmSyncedSeq: syncedSeq, crmRecordId } of stands) {
    const record = shown.get(crmRecordId ?? '');
    comparison.addCrm({
      refundId,
      dueSeq,
      status,
      seq,
      syncedSeq,
      record:
        crmRecordId === null || !wasAsked.has(crmRecordId)
          ? 'not_asked'
          : record === undefined
            ? { found: false }
            : { found: true, status: record.status },
    });
  }
  return asked.length;
}

function referencesOf(lines: Iterable<SettlementLine>): string[] {
  const references: string[] = [];
  for (const { reference } of lines) if (reference !== null) references.push(reference);
  return references;
}

async function inBatches<Item>(
  items: readonly Item[],
  work: (some: Item[]) => Promise<void>,
  size = BATCH,
): Promise<void> {
  for (let from = 0; from < items.length; from += size) await work(items.slice(from, from + size));
}
