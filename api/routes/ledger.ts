import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import { journalHead, journalLines, type JournalEntry } from '../../domain/ledger';
import {
  appendSharedAudit,
  readJournal,
  readRefundBalances,
  readRefundTransfers,
  refundExists,
  type JournalPeriod,
} from '../../store';
import { principalOf, requireRole } from '../middleware/require-role';
import { fieldProblem, parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { journalQuery, refundLedger } from '../schemas/ledger';
import { refundParams } from '../schemas/refunds';
import type { AppDeps, Principal } from '../types';

const READERS = ['finance', 'admin', 'auditor'] as const;
const TAG = 'Ledger';

/** Entries that are read, and held in memory, at a time. */
const PAGE_SIZE = 1_000;

/**
 * How long after its end a period can still get entries: they are stamped when they are written, and the transaction that
 * writes them may take this long to end.
 */
const SETTLES_WITHIN_MS = 30_000;

registerRoute({
  method: 'get',
  path: '/v1/refunds/:id/ledger',
  tag: TAG,
  summary: 'Read what was booked for a refund',
  description: 'Every movement between accounts, oldest first, and where the money of its payments stands now.',
  roles: READERS,
  request: { params: refundParams },
  responses: { 200: { description: 'Transfers and balances.', schema: refundLedger } },
  problems: ['refund_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/journal',
  tag: TAG,
  summary: 'Export the journal of a period',
  description:
    'CSV (RFC 4180, UTF-8): two lines an entry, one debit and one credit, in the charged currency and in that of the books. A period that is over reads the same for ever; an answer that breaks off is not whole. Every export is on record.',
  roles: READERS,
  request: { query: journalQuery },
  responses: { 200: { description: 'The journal, as an attachment.', contentType: 'text/csv' } },
});

/** GET /v1/refunds/{id}/ledger and GET /v1/journal */
export function ledgerRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/v1/refunds/:id/ledger', requireRole(...READERS), async (req, res) => {
    const { id } = parseParams(refundParams, req);
    if (!(await refundExists(deps.db, principalOf(req).mode, id))) throw new Problem('refund_not_found');
    const transfers = await readRefundTransfers(deps.db, id);
    res.json({
      refundId: id,
      transfers: transfers.map(({ refundId: _refundId, ...transfer }) => transfer),
      payments: await readRefundBalances(deps.db, id),
    });
  });

  router.get('/v1/journal', requireRole(...READERS), async (req, res) => {
    const principal = principalOf(req);
    const { from, to } = parseQuery(journalQuery, req);
    if (Date.parse(from) >= Date.parse(to)) throw fieldProblem('to', 'period_empty', req.language);
    if (Date.parse(to) > deps.clock().getTime() - SETTLES_WITHIN_MS)
      throw fieldProblem('to', 'period_not_over', req.language);
    const period = { mode: principal.mode, fromIso: from, toIso: to };
    await noteExport(deps, principal, period);
    const pages = readJournal(deps.db, period, PAGE_SIZE);
    // What cannot be read at all is refused in words: so the first page comes before the answer begins.
    const first = await pages.next();
    res
      .type('text/csv; charset=utf-8; header=present')
      .attachment(fileNameOf(from, to))
      .set('Cache-Control', 'no-store');
    await pipeline(Readable.from(written(first.value ?? [], pages)), res).catch((error: unknown) => {
      // Whoever asked has gone away: nobody is left to answer.
      if ((error as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  });

  return router;
}

async function* written(
  first: JournalEntry[],
  rest: AsyncGenerator<JournalEntry[], void, void>,
): AsyncGenerator<string, void, void> {
  yield journalHead() + first.map(journalLines).join('');
  for await (const page of rest) yield page.map(journalLines).join('');
}

const fileNameOf = (from: string, to: string): string =>
  `journal_${from.replaceAll(':', '')}_${to.replaceAll(':', '')}.csv`;

const noteExport = (deps: AppDeps, principal: Principal, period: JournalPeriod): Promise<void> =>
  deps.db.$transaction((tx) =>
    appendSharedAudit(tx, 'access', principal.mode, deps.clock().toISOString(), [
      {
        type: 'journal.exported',
        actor: { kind: principal.kind, id: principal.personId ?? principal.keyId },
        data: { from: period.fromIso, to: period.toIso },
      },
    ]),
  );
