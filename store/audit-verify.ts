import { auditHash, refundStream } from './audit';
import type { Database } from './client';
import type { Prisma } from './generated/prisma/client';

/**
 * What is wrong with a chain, at its first bad row.
 * - `missing`: no row stands at this seq though a later one or the head says so;
 * - `altered`: the row does not have the hash of what it says;
 * - `unlinked`: the row is whole but does not follow the one before it: moved, or its neighbour was replaced;
 * - `beyond_head`: the row stands behind the head: it was added by another hand;
 * - `head`: every row follows the one before, but the head names another end;
 * - `no_head`: rows of a stream that nobody keeps a head of.
 */
export type ChainFaultKind = 'missing' | 'altered' | 'unlinked' | 'beyond_head' | 'head' | 'no_head';

export interface ChainFault {
  stream: string;
  seq: number;
  kind: ChainFaultKind;
}

export interface ChainReport {
  streams: number;
  events: number;
  /** The first fault of each faulty stream. */
  faults: ChainFault[];
}

interface Chain {
  stream: string;
  head: { seq: number; head: string } | null;
}

/** Refunds whose chains are read at a time. */
const BATCH = 200;

/**
 * Verifies the audit chain of one refund against the head in its row.
 * @returns the first fault, or null when the chain is whole; also null for a refund that does not exist.
 */
export async function verifyRefundChain(db: Database, refundId: string): Promise<ChainFault | null> {
  return await consistently(db, async (tx) => {
    const refund = await tx.refund.findUnique({
      where: { id: refundId },
      select: { auditSeq: true, auditHead: true },
    });
    if (!refund) return null;
    const stream = refundStream(refundId);
    const report = await verifyBatch(tx, [{ stream, head: { seq: refund.auditSeq, head: refund.auditHead } }]);
    return report.faults[0] ?? null;
  });
}

/** Verifies every chain there is: of each refund, of the shared streams, and rows that belong to neither. */
export async function verifyChains(db: Database): Promise<ChainReport> {
  const total: ChainReport = { streams: 0, events: 0, faults: [] };
  const add = (report: ChainReport): void => {
    total.streams += report.streams;
    total.events += report.events;
    total.faults.push(...report.faults);
  };
  let after = '';
  for (;;) {
    const last = await consistently(db, async (tx) => {
      const refunds = await tx.refund.findMany({
        where: { id: { gt: after } },
        orderBy: { id: 'asc' },
        take: BATCH,
        select: { id: true, auditSeq: true, auditHead: true },
      });
      add(
        await verifyBatch(
          tx,
          refunds.map((refund) => ({
            stream: refundStream(refund.id),
            head: { seq: refund.auditSeq, head: refund.auditHead },
          })),
        ),
      );
      return refunds.at(-1)?.id;
    });
    if (last === undefined) break;
    after = last;
  }
  await consistently(db, async (tx) => {
    const shared = await tx.auditStream.findMany({ orderBy: { stream: 'asc' } });
    add(
      await verifyBatch(
        tx,
        shared.map(({ stream, seq, head }) => ({ stream, head: { seq, head } })),
      ),
    );
    const orphans = await tx.$queryRaw<{ stream: string }[]>`
      SELECT DISTINCT e.stream FROM audit_events e
      WHERE NOT EXISTS (SELECT 1 FROM audit_streams s WHERE s.stream = e.stream)
        AND NOT EXISTS (SELECT 1 FROM refunds r WHERE 'refund:' || r.id = e.stream)
      ORDER BY e.stream`;
    add(
      await verifyBatch(
        tx,
        orphans.map(({ stream }) => ({ stream, head: null })),
      ),
    );
  });
  return total;
}

/** Head and rows are read as of one instant, or a writer between the two reads would look like a forger. */
const consistently = <Result>(db: Database, read: (tx: Prisma.TransactionClient) => Promise<Result>): Promise<Result> =>
  db.$transaction(read, { isolationLevel: 'RepeatableRead', timeout: 60_000 });

async function verifyBatch(tx: Prisma.TransactionClient, chains: Chain[]): Promise<ChainReport> {
  const rows = await tx.auditEvent.findMany({
    where: { stream: { in: chains.map((chain) => chain.stream) } },
    orderBy: [{ stream: 'asc' }, { seq: 'asc' }],
  });
  const byStream = new Map<string, Row[]>();
  for (const row of rows) {
    const chain = byStream.get(row.stream);
    if (chain) chain.push(row);
    else byStream.set(row.stream, [row]);
  }
  const faults = chains.flatMap((chain) => verifyChain(chain, byStream.get(chain.stream) ?? []) ?? []);
  return { streams: chains.length, events: rows.length, faults };
}

type Row = Prisma.AuditEventGetPayload<object>;

function verifyChain({ stream, head }: Chain, rows: Row[]): ChainFault | null {
  const fault = (seq: number, kind: ChainFaultKind): ChainFault => ({ stream, seq, kind });
  if (!head) return fault(rows[0]?.seq ?? 0, 'no_head');
  let seq = 0;
  let prevHash = '';
  for (const { hash, prevHash: statedPrevHash, ...row } of rows) {
    seq += 1;
    if (row.seq !== seq)
      return row.seq > head.seq && seq > head.seq ? fault(row.seq, 'beyond_head') : fault(seq, 'missing');
    if (seq > head.seq) return fault(seq, 'beyond_head');
    if (auditHash(statedPrevHash, { ...row, data: row.data as object }) !== hash) return fault(seq, 'altered');
    if (statedPrevHash !== prevHash) return fault(seq, 'unlinked');
    prevHash = hash;
  }
  if (seq < head.seq) return fault(seq + 1, 'missing');
  return prevHash === head.head ? null : fault(seq, 'head');
}
