import { Router } from 'express';
import { schemaState } from '../../store';
import { registerRoute } from '../openapi-registry';
import { z } from '../schemas/zod';
import type { AppDeps } from '../types';

const CHECK_TIMEOUT_MS = 1_000;

const health = z.object({ status: z.literal('ok') }).openapi('Health');
const readiness = z
  .object({
    status: z.enum(['ready', 'not_ready', 'draining']),
    checks: z.object({
      database: z.enum(['ok', 'unreachable']),
      migrations: z.enum(['applied', 'missing', 'unknown']),
      temporal: z.enum(['ok', 'unreachable']),
    }),
  })
  .openapi('Readiness');

registerRoute({
  method: 'get',
  path: '/healthz',
  tag: 'System',
  summary: 'Whether the process lives',
  responses: { 200: { description: 'It does.', schema: health } },
});
registerRoute({
  method: 'get',
  path: '/readyz',
  tag: 'System',
  summary: 'Whether requests can be served',
  description:
    'The database decides. Temporal is only reported: without it, refunds are still accepted and start later.',
  responses: {
    200: { description: 'Ready.', schema: readiness },
    503: { description: 'Not ready, or draining before a stop.', schema: readiness },
  },
});
registerRoute({
  method: 'get',
  path: '/metrics',
  tag: 'System',
  summary: 'Metrics for Prometheus',
  responses: { 200: { description: 'Text exposition format.', contentType: 'text/plain' } },
});

/** The answer, or null when it failed or took longer than a check may. */
async function withinCheckTime<T>(answer: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, null);
  });
  try {
    // A failed check is an answer of its own: what failed is what readiness reports.
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** /healthz, /readyz and /metrics. */
export function systemRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });

  router.get('/readyz', async (_req, res) => {
    const [schema, temporal] = await Promise.all([
      withinCheckTime(schemaState(deps.db)),
      withinCheckTime(deps.refundClient.ping()),
    ]);
    const draining = deps.isDraining?.() ?? false;
    const isReady = schema === 'applied' && !draining;
    res
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({
        status: draining ? 'draining' : isReady ? 'ready' : 'not_ready',
        checks: {
          database: schema ? 'ok' : 'unreachable',
          migrations: schema ?? 'unknown',
          temporal: temporal ? 'ok' : 'unreachable',
        },
      });
  });

  router.get('/metrics', async (_req, res) => {
    res.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics());
  });

  return router;
}
