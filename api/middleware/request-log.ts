import type { Request, RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import type { Histogram } from 'prom-client';
import type { AppDeps } from '../types';

/** The route as the code names it: ids and whatever else stands in an address never reach logs or metrics. */
const routeOf = (req: Request): string => (req.route ? `${req.baseUrl}${String(req.route.path)}` : 'unmatched');

/**
 * One line per answered request: method, route pattern, status, duration, ids. No bodies, no addresses, no query
 * strings, no headers, so no personal data.
 */
export function requestLog(deps: Pick<AppDeps, 'logger'>): RequestHandler {
  const describe = (req: Request, res: Response, durationMs: number | undefined) => ({
    requestId: req.requestId,
    method: req.method,
    route: routeOf(req),
    status: res.statusCode,
    durationMs,
    keyId: req.principal?.keyId ?? null,
    personId: req.principal?.personId ?? null,
  });
  return pinoHttp<Request, Response>({
    logger: deps.logger,
    quietReqLogger: true,
    quietResLogger: true,
    genReqId: (req) => req.requestId,
    serializers: { req: () => undefined, res: () => undefined, err: () => undefined },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
    autoLogging: { ignore: (req) => ['/healthz', '/readyz', '/metrics'].includes(req.path) },
    customSuccessMessage: () => 'request answered',
    customErrorMessage: () => 'request failed',
    customSuccessObject: (req, res, value: { responseTime?: number }) => describe(req, res, value.responseTime),
    customErrorObject: (req, res, _error, value: { responseTime?: number }) => describe(req, res, value.responseTime),
  });
}

/** Measures every request by method, route pattern and status. */
export const requestMetrics =
  (histogram: Histogram<'method' | 'route' | 'status'>): RequestHandler =>
  (req, res, next) => {
    const end = histogram.startTimer();
    res.once('finish', () => {
      end({ method: req.method, route: routeOf(req), status: String(res.statusCode) });
    });
    next();
  };
