import { Router } from 'express';
import { parsePolicy, policyDocumentSchema, policyStateAt } from '../../domain/policy';
import { listPolicies, readPublishedPolicy } from '../../store';
import { registerRoute } from '../openapi-registry';
import { policyHtml } from '../policy-page';
import { Problem } from '../problems';
import { policyParams } from '../schemas/policies';
import { z } from '../schemas/zod';
import { parseParams, parseQuery } from '../middleware/validate';
import type { AppDeps } from '../types';

const TAG = 'Policies';

const pageQuery = z.strictObject({
  lang: z.enum(['en', 'zh-CN']).optional().openapi({ description: 'Default: what Accept-Language prefers.' }),
});

registerRoute({
  method: 'get',
  path: '/policies/:id',
  tag: TAG,
  summary: 'A published policy as a page',
  description: 'For customers and contracts: its address is permanent and its text never changes. Needs no key.',
  request: { params: policyParams, query: pageQuery },
  responses: { 200: { description: 'The page, in Chinese or English.', contentType: 'text/html' } },
  problems: ['policy_not_found'],
});
registerRoute({
  method: 'get',
  path: '/policy-schema.json',
  tag: TAG,
  summary: 'The JSON Schema of a policy document',
  description: 'Conditions are checked beyond it: types of their facts, functions and length. Needs no key.',
  responses: { 200: { description: 'JSON Schema, draft 2020-12.', schema: z.record(z.string(), z.unknown()) } },
});

/** /policies/{id} and /policy-schema.json: what everybody may read. */
export function policyPageRoutes(deps: AppDeps): Router {
  const router = Router();
  let schema: object | undefined;

  router.get('/policy-schema.json', (_req, res) => {
    schema ??= z.toJSONSchema(policyDocumentSchema, { io: 'input', target: 'draft-2020-12' });
    res.json(schema);
  });

  router.get('/policies/:id', async (req, res) => {
    const { id } = parseParams(policyParams, req);
    const { lang = req.language } = parseQuery(pageQuery, req);
    const version = await readPublishedPolicy(deps.db, id);
    if (!version) throw new Problem('policy_not_found');
    const versions = await listPolicies(deps.db, version.mode, version.name);
    const now = deps.clock().toISOString();
    const later = versions
      .filter((other) => other.status === 'published' && other.effectiveFrom > version.effectiveFrom)
      .map((other) => other.effectiveFrom)
      .toSorted();
    res
      .set('Content-Language', lang)
      .set('Vary', 'Accept-Language')
      .type('html')
      .send(
        policyHtml(
          {
            policy: parsePolicy(version.document),
            state: policyStateAt(version, versions, now),
            hash: version.hash,
            until: later[0] ?? null,
            url: `${deps.config.publicUrl}/policies/${version.id}`,
          },
          lang,
        ),
      );
  });

  return router;
}
