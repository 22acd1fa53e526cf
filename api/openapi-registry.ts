import type { Role } from '../domain/people';
import type { z } from './schemas/zod';
import type { ProblemCode } from './problems';

export interface RouteResponse {
  description: string;
  /** The JSON body; left out when there is none or when it is not JSON. */
  schema?: z.ZodType;
  /** Another content type than application/json. */
  contentType?: string;
}

/** The groups of the page, in the order in which it shows them: the way of a refund, then what surrounds it. */
export const TAGS = [
  'Orders',
  'Refunds',
  'Evidence',
  'Destinations',
  'Decisions',
  'Tasks',
  'Desk',
  'Payouts',
  'Risk',
  'Disputes',
  'Bank files',
  'Ledger',
  'Reconciliation',
  'Policies',
  'Webhooks',
  'Webhooks in',
  'System',
] as const;

/** One route as the documentation shows it, made of the schemas that the route parses with. */
export interface RouteDefinition {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As Express writes it: /v1/refunds/:id */
  path: string;
  tag: (typeof TAGS)[number];
  summary: string;
  description?: string;
  /** Who may; left out for what needs no key. */
  roles?: readonly Role[];
  /** Adds the Idempotency-Key header and its problems. */
  idempotent?: boolean;
  request?: {
    params?: z.ZodObject;
    query?: z.ZodObject;
    body?: z.ZodType;
    /** Default application/json. */
    bodyContentType?: string;
  };
  responses: Record<number, RouteResponse>;
  /** Problems that are this route's own; those of keys, limits and input are added. */
  problems?: readonly ProblemCode[];
}

const routes: RouteDefinition[] = [];

/**
 * Puts a route into /openapi.json and into the table that tells a wrong method from a wrong address. Call it once per
 * route, when the module is loaded, beside the router that serves it.
 */
export function registerRoute(route: RouteDefinition): void {
  if (routes.some((other) => other.method === route.method && other.path === route.path)) {
    throw new Error(`The route ${route.method} ${route.path} is registered twice.`);
  }
  routes.push(route);
}

/** Every registered route, in order of registration. */
export const registeredRoutes = (): readonly RouteDefinition[] => routes;
