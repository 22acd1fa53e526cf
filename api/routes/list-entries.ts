import { Router } from 'express';
import {
  confirmListEnd,
  confirmListEntry,
  findListSubject,
  listListEntries,
  proposeListEnd,
  proposeListEntry,
  type Database,
  type ListEntryRecord,
  type ListSubject,
  type PersonAct,
  type WordOutcome,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { emptyBody } from '../schemas/common';
import { listEntryBody, listEntryList, listEntryParams, listEntryQuery, listEntryView } from '../schemas/list-entries';
import type { z } from '../schemas/zod';
import { personActOf, proposalId, rowAfter } from '../two-persons';
import type { AppDeps } from '../types';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;
const TAG = 'Risk';
const LONGEST_MS = 366 * 86_400_000;

/** What is said of an entry that exists, each in its own words. */
const WORDS = [
  {
    path: '/v1/list-entries/:id/confirmation',
    kind: 'confirm_list_entry',
    say: confirmListEntry,
    summary: 'Put a proposed entry in force',
    description: 'By another person than the one who proposed it. Requests are looked at by it from then on.',
  },
  {
    path: '/v1/list-entries/:id/end',
    kind: 'end_list_entry',
    say: proposeListEnd,
    summary: 'Propose to end an entry before its day',
    description: 'It stays in force until another person confirms the end.',
  },
  {
    path: '/v1/list-entries/:id/end/confirmation',
    kind: 'confirm_list_end',
    say: confirmListEnd,
    summary: 'End an entry',
    description:
      'By another person than the one who proposed the end. Refunds that it matched keep the plan they were accepted with.',
  },
] as const satisfies readonly {
  path: string;
  kind: string;
  say: (db: Database, act: PersonAct, id: string) => Promise<WordOutcome<ListEntryRecord>>;
  summary: string;
  description: string;
}[];

registerRoute({
  method: 'post',
  path: '/v1/list-entries',
  tag: TAG,
  summary: 'Propose to block or allow a customer, an account or evidence',
  description: 'Nothing changes before another person confirms it. Separation of duties holds whatever a list says.',
  roles: ACTORS,
  idempotent: true,
  request: { body: listEntryBody },
  responses: { 201: { description: 'Proposed.', schema: listEntryView } },
  problems: ['person_needed', 'card_number_in_text', 'list_subject_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/list-entries',
  tag: TAG,
  summary: 'List entries of the block and allow lists, newest first',
  roles: READERS,
  request: { query: listEntryQuery },
  responses: { 200: { description: 'All of them, or those in one state.', schema: listEntryList } },
});
for (const { path, summary, description } of WORDS)
  registerRoute({
    method: 'post',
    path,
    tag: TAG,
    summary,
    description,
    roles: ACTORS,
    idempotent: true,
    request: { params: listEntryParams, body: emptyBody },
    responses: { 200: { description: 'The entry as it stands now.', schema: listEntryView } },
    problems: [
      'list_entry_not_found',
      'person_needed',
      'second_person_needed',
      'proposal_expired',
      'nothing_to_confirm',
    ],
  });

/** /v1/list-entries */
export function listEntryRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/list-entries',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'propose_list_entry', body: listEntryBody }, async (req, command, body) => {
      const now = deps.clock();
      const act = personActOf(req, command, now);
      requireEnd(body.until, now);
      const named = subjectOf(body);
      const subjectId = await findListSubject(deps.db, act.mode, named);
      if (subjectId === null)
        throw new Problem('list_subject_not_found', { params: { kind: named.kind, id: named.id } });
      const { effect, kind, reason, until } = body;
      const id = proposalId('le', command.id);
      const entry = await proposeListEntry(deps.db, act, { id, effect, kind, subjectId, reason, until });
      return { status: 201, headers: { Location: `/v1/list-entries/${entry.id}` }, body: entry };
    }),
  );

  router.get('/v1/list-entries', requireRole(...READERS), async (req, res) => {
    const { state } = parseQuery(listEntryQuery, req);
    res.json({ data: await listListEntries(deps.db, principalOf(req).mode, state), nextCursor: null });
  });

  for (const { path, kind, say } of WORDS)
    router.post(
      path,
      requireRole(...ACTORS),
      idempotent(deps, { kind, body: emptyBody }, async (req, command) => {
        const { id } = parseParams(listEntryParams, req);
        const outcome = await say(deps.db, personActOf(req, command, deps.clock()), id);
        return { status: 200, body: rowAfter(outcome, 'list_entry_not_found') };
      }),
    );

  return router;
}

function subjectOf(body: z.output<typeof listEntryBody>): ListSubject {
  switch (body.kind) {
    case 'customer':
      return { kind: body.kind, id: body.customerExternalId };
    case 'payee':
      return { kind: body.kind, id: body.destinationId };
    case 'evidence':
      return { kind: body.kind, id: body.evidenceId };
  }
}

/** @throws Problem invalid_request for an end that has passed, or is more than a year away */
function requireEnd(until: string, now: Date): void {
  const aheadMs = Date.parse(until) - now.getTime();
  if (aheadMs > 0 && aheadMs <= LONGEST_MS) return;
  throw new Problem('invalid_request', {
    errors: [{ path: 'until', code: 'out_of_range', message: 'In the future, and at most 366 days ahead.' }],
  });
}
