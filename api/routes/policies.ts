import { Router } from 'express';
import { stringify } from 'yaml';
import { STAFF_ROLES } from '../../domain/people';
import { policyStateAt, type PolicyDocument } from '../../domain/policy';
import {
  approvePolicy,
  draftPolicy,
  listPolicies,
  readCalendar,
  readPolicy,
  returnPolicy,
  rewritePolicy,
  submitPolicy,
  type PolicyDraft,
  type PolicyOutcome,
  type PolicyRecord,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { invalid, readSentPolicy } from '../policy-document';
import { Problem } from '../problems';
import { emptyBody } from '../schemas/common';
import {
  policyApprovalBody,
  policyDraftBody,
  policyList,
  policyParams,
  policyQuery,
  policyReturnBody,
  policyView,
} from '../schemas/policies';
import type { z } from '../schemas/zod';
import { personActOf, proposalId } from '../two-persons';
import type { AppDeps } from '../types';

const AUTHORS = ['admin'] as const;
const TAG = 'Policies';
const PROBLEMS = ['policy_not_found', 'policy_step_not_open', 'person_needed'] as const;
const answered = (description: string) => ({ 200: { description, schema: policyView } });

registerRoute({
  method: 'post',
  path: '/v1/policies',
  tag: TAG,
  summary: 'Draft a version of a policy',
  description:
    'The document says its name, its version and when it takes effect. It is refused when it contradicts itself, names what is not there, or has a condition that cannot work.',
  roles: AUTHORS,
  idempotent: true,
  request: { body: policyDraftBody },
  responses: { 201: { description: 'The draft.', schema: policyView } },
  problems: ['policy_invalid', 'policy_version_taken', 'person_needed'],
});
registerRoute({
  method: 'post',
  path: '/v1/policies/:id/revisions',
  tag: TAG,
  summary: 'Replace the content of a draft',
  description: 'Name and version stay; whoever writes is one of its authors and will not approve it.',
  roles: AUTHORS,
  idempotent: true,
  request: { params: policyParams, body: policyDraftBody },
  responses: answered('The draft as it stands now.'),
  problems: [...PROBLEMS, 'policy_invalid', 'policy_other_version'],
});
registerRoute({
  method: 'post',
  path: '/v1/policies/:id/submission',
  tag: TAG,
  summary: 'Hand a draft to a second person',
  roles: AUTHORS,
  idempotent: true,
  request: { params: policyParams, body: emptyBody },
  responses: answered('It is in review and cannot be changed.'),
  problems: PROBLEMS,
});
registerRoute({
  method: 'post',
  path: '/v1/policies/:id/approval',
  tag: TAG,
  summary: 'Approve what is in review',
  description:
    'By a person who neither wrote on it nor submitted it, with the hash of what they read. It is published, never changes, and takes effect at its own instant.',
  roles: AUTHORS,
  idempotent: true,
  request: { params: policyParams, body: policyApprovalBody },
  responses: answered('It is scheduled.'),
  problems: [...PROBLEMS, 'policy_reviewer_needed', 'policy_changed', 'policy_effective_in_past'],
});
registerRoute({
  method: 'post',
  path: '/v1/policies/:id/return',
  tag: TAG,
  summary: 'Give back what is in review',
  roles: AUTHORS,
  idempotent: true,
  request: { params: policyParams, body: policyReturnBody },
  responses: answered('It is a draft again, with the reason.'),
  problems: PROBLEMS,
});
registerRoute({
  method: 'get',
  path: '/v1/policies',
  tag: TAG,
  summary: 'List versions of policies, newest first',
  roles: STAFF_ROLES,
  request: { query: policyQuery },
  responses: { 200: { description: 'By name; without their documents.', schema: policyList } },
});
registerRoute({
  method: 'get',
  path: '/v1/policies/:id',
  tag: TAG,
  summary: 'Read a version of a policy',
  roles: STAFF_ROLES,
  request: { params: policyParams },
  responses: answered('With its document.'),
  problems: ['policy_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/policies/:id/document.yaml',
  tag: TAG,
  summary: 'The document of a version as YAML',
  roles: STAFF_ROLES,
  request: { params: policyParams },
  responses: { 200: { description: 'What POST takes as `documentYaml`.', contentType: 'application/yaml' } },
  problems: ['policy_not_found'],
});

/** /v1/policies */
export function policyRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/policies',
    requireRole(...AUTHORS),
    idempotent(deps, { kind: 'draft_policy', body: policyDraftBody }, async (req, command, body) => {
      const act = personActOf(req, command, deps.clock());
      const draft = await draftOf(deps, act.mode, body);
      const policy = policyAfter(await draftPolicy(deps.db, act, proposalId('po', command.id), draft));
      const view = await viewOf(deps, policy);
      return { status: 201, headers: { Location: view.links.self }, body: view };
    }),
  );

  router.post(
    '/v1/policies/:id/revisions',
    requireRole(...AUTHORS),
    idempotent(deps, { kind: 'revise_policy', body: policyDraftBody }, async (req, command, body) => {
      const { id } = parseParams(policyParams, req);
      const act = personActOf(req, command, deps.clock());
      const policy = policyAfter(await rewritePolicy(deps.db, act, id, await draftOf(deps, act.mode, body)));
      return { status: 200, body: await viewOf(deps, policy) };
    }),
  );

  router.post(
    '/v1/policies/:id/submission',
    requireRole(...AUTHORS),
    idempotent(deps, { kind: 'submit_policy', body: emptyBody }, async (req, command) => {
      const { id } = parseParams(policyParams, req);
      const policy = policyAfter(await submitPolicy(deps.db, personActOf(req, command, deps.clock()), id));
      return { status: 200, body: await viewOf(deps, policy) };
    }),
  );

  router.post(
    '/v1/policies/:id/approval',
    requireRole(...AUTHORS),
    idempotent(deps, { kind: 'approve_policy', body: policyApprovalBody }, async (req, command, { hash }) => {
      const { id } = parseParams(policyParams, req);
      const policy = policyAfter(await approvePolicy(deps.db, personActOf(req, command, deps.clock()), id, hash));
      return { status: 200, body: await viewOf(deps, policy) };
    }),
  );

  router.post(
    '/v1/policies/:id/return',
    requireRole(...AUTHORS),
    idempotent(deps, { kind: 'return_policy', body: policyReturnBody }, async (req, command, { reason }) => {
      const { id } = parseParams(policyParams, req);
      const policy = policyAfter(await returnPolicy(deps.db, personActOf(req, command, deps.clock()), id, reason));
      return { status: 200, body: await viewOf(deps, policy) };
    }),
  );

  router.get('/v1/policies', requireRole(...STAFF_ROLES), async (req, res) => {
    const { name, state } = parseQuery(policyQuery, req);
    const policies = await listPolicies(deps.db, principalOf(req).mode, name);
    const data = policies
      .map((policy) => summaryOf(deps, policy, policies))
      .filter((view) => state === undefined || view.state === state);
    res.json({ data, nextCursor: null });
  });

  router.get('/v1/policies/:id', requireRole(...STAFF_ROLES), async (req, res) => {
    res.json(await viewOf(deps, await findPolicy(deps, principalOf(req).mode, parseParams(policyParams, req).id)));
  });

  router.get('/v1/policies/:id/document.yaml', requireRole(...STAFF_ROLES), async (req, res) => {
    const { document } = await findPolicy(deps, principalOf(req).mode, parseParams(policyParams, req).id);
    res.type('application/yaml').send(stringify(document));
  });

  return router;
}

type Mode = 'live' | 'test';

async function findPolicy(deps: AppDeps, mode: Mode, id: string): Promise<PolicyRecord> {
  const policy = await readPolicy(deps.db, mode, id);
  if (!policy) throw new Problem('policy_not_found');
  return policy;
}

/** Every calendar that a policy names, with its place. */
const calendarsOf = ({ calendarId, branchCalendars = {}, stages }: PolicyDocument): [string, string][] => [
  ['calendarId', calendarId],
  ...Object.entries(branchCalendars).map(([branch, id]): [string, string] => [`branchCalendars.${branch}`, id]),
  ...stages.flatMap((stage, index): [string, string][] =>
    stage.calendarId === undefined ? [] : [[`stages.${index}.calendarId`, stage.calendarId]],
  ),
];

async function draftOf(deps: AppDeps, mode: Mode, body: z.output<typeof policyDraftBody>): Promise<PolicyDraft> {
  const { policy, document } = readSentPolicy(body);
  const { name, version, effectiveFrom } = policy;
  for (const [path, id] of calendarsOf(policy))
    if (!(await readCalendar(deps.db, mode, id)))
      throw invalid([{ path, code: 'policy_rule', message: `names no calendar that is there: ${id}` }]);
  return {
    name,
    version,
    effectiveFrom,
    document,
    changeNote: body.changeNote,
    legalReason: body.legalReason ?? null,
    reviewDueOn: body.reviewDueOn ?? null,
  };
}

function policyAfter(outcome: PolicyOutcome): PolicyRecord {
  switch (outcome.kind) {
    case 'done':
      return outcome.policy;
    case 'missing':
      throw new Problem('policy_not_found');
    case 'not_open':
      throw new Problem('policy_step_not_open', {
        params: { status: outcome.status },
        extra: { status: outcome.status },
      });
    case 'other_version':
      throw new Problem('policy_other_version', { params: { name: outcome.name, version: outcome.version } });
    case 'version_taken':
      throw new Problem('policy_version_taken', {
        params: { latestVersion: outcome.latestVersion },
        extra: { latestVersion: outcome.latestVersion },
      });
    case 'other_name':
      throw invalid([
        { path: 'name', code: 'policy_rule', message: `must be "${outcome.name}": requests are judged by one policy` },
      ]);
    case 'refused':
      throw new Problem(REFUSALS[outcome.reason]);
  }
}

const REFUSALS = {
  same_person: 'policy_reviewer_needed',
  another_content: 'policy_changed',
  effective_in_past: 'policy_effective_in_past',
} as const;

async function viewOf(deps: AppDeps, policy: PolicyRecord) {
  const others = await listPolicies(deps.db, policy.mode, policy.name);
  return { ...summaryOf(deps, policy, others), document: policy.document };
}

function summaryOf(deps: AppDeps, policy: PolicyRecord, others: readonly PolicyRecord[]) {
  const { document: _document, status, mode: _mode, ...fields } = policy;
  return {
    ...fields,
    state: policyStateAt(policy, others, deps.clock().toISOString()),
    links: {
      self: `${deps.config.publicUrl}/v1/policies/${policy.id}`,
      page: status === 'published' ? `${deps.config.publicUrl}/policies/${policy.id}` : null,
    },
  };
}
