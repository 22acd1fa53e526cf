import { Router } from 'express';
import { addDays, dayOf } from '../../domain/reconciliation';
import { findReconciliationRun, listReconciliationRuns, listRunDifferences, type ReconciliationRun } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { decodeCursor, decodeTimeCursor, encodeCursor } from '../schemas/common';
import {
  reconcileAnswer,
  reconcileBody,
  reconciliationDetail,
  reconciliationPage,
  reconciliationParams,
  reconciliationQuery,
  runQuery,
} from '../schemas/reconciliations';
import type { AppDeps } from '../types';
import { withoutUndefined } from '../without-undefined';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;
const TAG = 'Reconciliation';
/** Providers keep their records for some months. */
const OLDEST_DAYS = 90;

registerRoute({
  method: 'post',
  path: '/v1/reconciliations',
  tag: TAG,
  summary: 'Compare a day with what the payment providers recorded',
  description:
    'Runs by itself every day; this does it at once, for one day. The answer says only that it begins: its runs, one for each account, are listed under `links.runs`. A day that is being compared already is not begun again.',
  roles: ACTORS,
  idempotent: true,
  request: { body: reconcileBody },
  responses: { 202: { description: 'It begins.', schema: reconcileAnswer } },
  problems: ['reconciliation_day_not_over', 'engine_unavailable'],
});
registerRoute({
  method: 'get',
  path: '/v1/reconciliations',
  tag: TAG,
  summary: 'Runs, newest first',
  roles: READERS,
  request: { query: reconciliationQuery },
  responses: { 200: { description: 'A page of runs.', schema: reconciliationPage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'get',
  path: '/v1/reconciliations/:id',
  tag: TAG,
  summary: 'One run with its differences',
  description: 'Differences come in pages, in the order in which they were first found.',
  roles: READERS,
  request: { params: reconciliationParams, query: runQuery },
  responses: { 200: { description: 'The run.', schema: reconciliationDetail } },
  problems: ['reconciliation_not_found', 'invalid_cursor'],
});

/** /v1/reconciliations */
export function reconciliationRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/reconciliations',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'reconcile', body: reconcileBody }, async (_req, command, body) => {
      const today = dayOf(deps.clock().getTime(), 0);
      const [from, to] = [addDays(today, -OLDEST_DAYS), addDays(today, -1)];
      if (body.day < from || body.day > to) {
        const params = { limit: OLDEST_DAYS, from, to };
        throw new Problem('reconciliation_day_not_over', { params, extra: params });
      }
      await deps.refundClient.reconcile(command.id);
      return {
        status: 202,
        body: {
          requestId: command.id,
          day: body.day,
          provider: body.provider ?? null,
          links: { runs: `/v1/reconciliations?requestId=${command.id}` },
        },
      };
    }),
  );

  router.get('/v1/reconciliations', requireRole(...READERS), async (req, res) => {
    const { limit, cursor, ...filter } = parseQuery(reconciliationQuery, req);
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const rows = await listReconciliationRuns(
      deps.db,
      { ...withoutUndefined(filter), mode: principalOf(req).mode },
      { limit: limit + 1, after },
    );
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    res.json({ data: data.map(view), nextCursor: last ? encodeCursor([last.createdAt, last.id]) : null });
  });

  router.get('/v1/reconciliations/:id', requireRole(...READERS), async (req, res) => {
    const { id } = parseParams(reconciliationParams, req);
    const { limit, cursor } = parseQuery(runQuery, req);
    const [afterId = null] = cursor === undefined ? [] : decodeCursor(cursor, 1);
    const run = await findReconciliationRun(deps.db, principalOf(req).mode, id);
    if (!run) throw new Problem('reconciliation_not_found');
    const rows = await listRunDifferences(deps.db, id, { limit: limit + 1, afterId });
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    res.json({ ...view(run), differences: { data, nextCursor: last ? encodeCursor([last.id]) : null } });
  });

  return router;
}

function view({ mode: _mode, commandId, ...run }: ReconciliationRun): object {
  return { ...run, requestId: commandId };
}
