import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { registeredRoutes, TAGS, type RouteDefinition } from './openapi-registry';
import { PROBLEMS, type ProblemCode } from './problems';
import { z } from './schemas/zod';

const problemSchema = z
  .object({
    type: z.string().openapi({ example: '/docs/problems#invalid_request' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What happened, what was kept, what to do; in the language accepted.' }),
    instance: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457. Codes never change; some carry further members.' });

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .openapi({ description: 'Unique for this intent; the same key and body get the stored answer.' }),
});

/** Problems that a route can meet because of what it is. */
function problemsOf(route: RouteDefinition): ProblemCode[] {
  const codes = new Set<ProblemCode>(route.problems);
  const { roles, request } = route;
  if (roles) for (const code of ['unauthenticated', 'forbidden', 'rate_limited'] as const) codes.add(code);
  if (request) codes.add('invalid_request');
  if (request?.body) {
    for (const code of ['malformed_json', 'body_too_large', 'unsupported_media_type'] as const) codes.add(code);
  }
  if (route.idempotent) {
    codes.add('idempotency_key_required').add('idempotency_key_reused').add('idempotency_in_progress');
  }
  if (route.path.startsWith('/v1')) codes.add('database_unavailable');
  return [...codes];
}

function problemResponses(route: RouteDefinition): RouteConfig['responses'] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(route)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title.en}`).join('. '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}

function ownResponses(route: RouteDefinition): RouteConfig['responses'] {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, schema, contentType }]) => {
      if (!schema && contentType === undefined) return [status, { description }];
      const body = schema ?? { type: 'string' as const };
      return [status, { description, content: { [contentType ?? 'application/json']: { schema: body } } }];
    }),
  );
}

function toPath(route: RouteDefinition): RouteConfig {
  const { roles, request } = route;
  const description = [route.description, roles ? `Roles: ${roles.join(', ')}.` : undefined]
    .filter(Boolean)
    .join('\n\n');
  return {
    method: route.method,
    path: route.path.replaceAll(/:(\w+)/g, '{$1}'),
    tags: [route.tag],
    summary: route.summary,
    ...(description ? { description } : {}),
    security: roles ? [{ apiKey: [] }] : [],
    request: {
      ...(request?.params ? { params: request.params } : {}),
      ...(request?.query ? { query: request.query } : {}),
      ...(route.idempotent ? { headers: idempotencyHeader } : {}),
      ...(request?.body
        ? {
            body: {
              required: true,
              content: { [request.bodyContentType ?? 'application/json']: { schema: request.body } },
            },
          }
        : {}),
    },
    responses: { ...problemResponses(route), ...ownResponses(route) },
  };
}

/** The OpenAPI 3.1 document of every registered route, from the schemas that the routes parse with. */
export function openApiDocument(publicUrl: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: '`Authorization: Bearer rk_live_…` or `rk_test_…`; the key carries the mode.',
  });
  for (const route of registeredRoutes()) registry.registerPath(toPath(route));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Redress',
      version: 'v1',
      description:
        'Durable refund approvals. Amounts are whole minor units, instants ISO 8601 with Z. Every refusal is problem+json with a stable code: see [/docs/problems](/docs/problems).',
    },
    servers: [{ url: publicUrl }],
    tags: TAGS.map((name) => ({ name })),
  });
}
