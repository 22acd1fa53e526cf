import { auditHash, type Db } from '../../../store';
import { grouped, violated, type Violation } from './input';

/**
 * 5. Every chain verifies from its first event to its head, every transition left a trace in it, and no trace is of a
 * transition that was not.
 */
export async function unbrokenAudit(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({
    select: { id: true, auditSeq: true, auditHead: true, transitionSeq: true },
  });
  const shared = await db.auditStream.findMany();
  const events = await db.auditEvent.findMany({ orderBy: [{ stream: 'asc' }, { seq: 'asc' }] });
  const byStream = grouped(events, (event) => event.stream);
  const chains = [
    ...refunds.map((refund) => ({
      stream: `refund:${refund.id}`,
      name: `refund ${refund.id}`,
      head: { seq: refund.auditSeq, head: refund.auditHead },
      lastSeq: refund.transitionSeq,
    })),
    ...shared.map(({ stream, seq, head }) => ({ stream, name: stream, head: { seq, head }, lastSeq: null })),
  ];
  const known = new Set(chains.map(({ stream }) => stream));
  const found = [...byStream.keys()].filter((stream) => !known.has(stream)).map((stream) => `${stream}: of nobody`);
  for (const { stream, name, head, lastSeq } of chains) {
    const chain = byStream.get(stream) ?? [];
    for (const [i, event] of chain.entries()) {
      const { prevHash, hash, ...row } = event;
      const expected = auditHash(prevHash, { ...row, data: row.data as object });
      if (event.seq !== i + 1 || prevHash !== (chain[i - 1]?.hash ?? '') || hash !== expected)
        found.push(`${name}: audit event ${event.seq} does not verify`);
    }
    const last = chain.at(-1);
    if ((last?.hash ?? '') !== head.head || (last?.seq ?? 0) !== head.seq)
      found.push(`${name}: the audit head is not the last event`);
    if (lastSeq === null) continue;
    const seen = new Set(chain.flatMap((event) => (event.data as { seq?: number }).seq ?? []));
    for (let seq = 0; seq <= lastSeq; seq += 1)
      if (!seen.has(seq)) found.push(`${name}: transition ${seq} left no audit event`);
    for (const seq of seen) if (seq > lastSeq) found.push(`${name}: audited transition ${seq} was not recorded`);
  }
  return found.map((what) => violated('unbroken_audit', what));
}
