import { createHash, randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import {
  createWebhookEndpoint,
  disableWebhookEndpoint,
  findWebhookEndpoint,
  listWebhookDeliveries,
  listWebhookEndpoints,
  replayWebhookDelivery,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { decodeTimeCursor, encodeCursor } from '../schemas/common';
import {
  createdWebhookEndpoint,
  createWebhookEndpointBody,
  webhookDeliveryPage,
  webhookDeliveryParams,
  webhookDeliveryQuery,
  webhookEndpointList,
  webhookEndpointParams,
} from '../schemas/webhook-endpoints';
import type { AppDeps, Principal } from '../types';
import { isAllowedWebhookUrl } from '../webhook-url';

const ROLES = ['admin', 'integrator'] as const;
const MAX_ENDPOINTS = 20;
const SECRET_BYTES = 32;
const TAG = 'Webhooks';

registerRoute({
  method: 'post',
  path: '/v1/webhook-endpoints',
  tag: TAG,
  summary: 'Register an address for events',
  description: 'Deliveries follow Standard Webhooks 1.0.0. The secret is shown in this answer and never again.',
  roles: ROLES,
  idempotent: true,
  request: { body: createWebhookEndpointBody },
  responses: { 201: { description: 'Registered.', schema: createdWebhookEndpoint } },
  problems: ['webhook_url_not_allowed', 'too_many_webhook_endpoints'],
});
registerRoute({
  method: 'get',
  path: '/v1/webhook-endpoints',
  tag: TAG,
  summary: 'List the registered addresses',
  roles: ROLES,
  responses: { 200: { description: 'All of them, oldest first.', schema: webhookEndpointList } },
});
registerRoute({
  method: 'delete',
  path: '/v1/webhook-endpoints/:id',
  tag: TAG,
  summary: 'Disable an address',
  description: 'Deliveries that are due are given up; the log stays.',
  roles: ROLES,
  request: { params: webhookEndpointParams },
  responses: { 204: { description: 'Disabled, also when it was before.' } },
  problems: ['webhook_endpoint_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/webhook-endpoints/:id/deliveries',
  tag: TAG,
  summary: 'The log of deliveries, newest first',
  roles: ROLES,
  request: { params: webhookEndpointParams, query: webhookDeliveryQuery },
  responses: { 200: { description: 'A page of deliveries.', schema: webhookDeliveryPage } },
  problems: ['webhook_endpoint_not_found', 'invalid_cursor'],
});
registerRoute({
  method: 'post',
  path: '/v1/webhook-endpoints/:id/deliveries/:deliveryId/replay',
  tag: TAG,
  summary: 'Send a delivery again',
  description: 'It keeps its webhook-id, so that the receiver can tell that it is the same. Safe to repeat.',
  roles: ROLES,
  request: { params: webhookDeliveryParams },
  responses: { 202: { description: 'Due now.' } },
  problems: [
    'webhook_endpoint_not_found',
    'webhook_delivery_not_found',
    'webhook_delivery_pending',
    'webhook_endpoint_disabled',
  ],
});

const actorOf = (principal: Principal) => ({ kind: principal.kind, id: principal.personId ?? principal.keyId });

/** The endpoint's id is that of its command, so that a repeat after a crash makes no second one. */
const endpointIdOf = (commandId: string): string =>
  `wh_${createHash('sha256').update(commandId).digest('hex').slice(0, 32)}`;

/** Registering, listing and disabling webhook endpoints, and their delivery log. */
export function webhookEndpointRoutes(deps: AppDeps): Router {
  const router = Router();

  async function endpointOf(req: Request) {
    const { mode } = principalOf(req);
    const endpoint = await findWebhookEndpoint(deps.db, mode, String(req.params['id']));
    if (!endpoint) throw new Problem('webhook_endpoint_not_found');
    return endpoint;
  }

  router.post(
    '/v1/webhook-endpoints',
    requireRole(...ROLES),
    idempotent(
      deps,
      { kind: 'create_webhook_endpoint', body: createWebhookEndpointBody },
      async (req, command, body) => {
        if (!isAllowedWebhookUrl(body.url, deps.config.allowPrivateWebhookTargets)) {
          throw new Problem('webhook_url_not_allowed');
        }
        const principal = principalOf(req);
        const id = endpointIdOf(command.id);
        const known = await findWebhookEndpoint(deps.db, principal.mode, id);
        const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
        const endpoint =
          known ??
          (await createWebhookEndpoint(
            deps.db,
            { id, mode: principal.mode, ...body, secret, createdById: principal.keyId, maxEnabled: MAX_ENDPOINTS },
            actorOf(principal),
            deps.clock(),
          ));
        if (!endpoint) throw new Problem('too_many_webhook_endpoints', { params: { limit: MAX_ENDPOINTS } });
        const unsaid = { ...endpoint, secret: null };
        return {
          status: 201,
          headers: { Location: `/v1/webhook-endpoints/${endpoint.id}` },
          body: known ? unsaid : { ...endpoint, secret },
          repeatBody: unsaid,
        };
      },
    ),
  );

  router.get('/v1/webhook-endpoints', requireRole(...ROLES), async (req, res) => {
    res.json({ data: await listWebhookEndpoints(deps.db, principalOf(req).mode), nextCursor: null });
  });

  router.delete('/v1/webhook-endpoints/:id', requireRole(...ROLES), async (req, res) => {
    const { id } = parseParams(webhookEndpointParams, req);
    const principal = principalOf(req);
    const found = await disableWebhookEndpoint(deps.db, principal.mode, id, actorOf(principal), deps.clock());
    if (!found) throw new Problem('webhook_endpoint_not_found');
    res.status(204).end();
  });

  router.get('/v1/webhook-endpoints/:id/deliveries', requireRole(...ROLES), async (req, res) => {
    parseParams(webhookEndpointParams, req);
    const { limit, cursor, status } = parseQuery(webhookDeliveryQuery, req);
    const endpoint = await endpointOf(req);
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const rows = await listWebhookDeliveries(deps.db, endpoint.id, { limit: limit + 1, after, status });
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    res.json({ data, nextCursor: last ? encodeCursor([last.createdAt, last.id]) : null });
  });

  router.post('/v1/webhook-endpoints/:id/deliveries/:deliveryId/replay', requireRole(...ROLES), async (req, res) => {
    const { deliveryId } = parseParams(webhookDeliveryParams, req);
    const endpoint = await endpointOf(req);
    if (endpoint.status === 'disabled') throw new Problem('webhook_endpoint_disabled');
    const outcome = await replayWebhookDelivery(deps.db, endpoint.id, deliveryId, deps.clock());
    if (outcome === 'missing') throw new Problem('webhook_delivery_not_found');
    if (outcome === 'pending') throw new Problem('webhook_delivery_pending');
    res.status(202).json({ id: deliveryId, status: 'due' });
  });

  return router;
}
