import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isDatabaseUnavailable } from '../../store';
import { registeredRoutes } from '../openapi-registry';
import { Problem, renderProblem } from '../problems';
import type { AppDeps } from '../types';

/** How long callers are asked to wait while something that we stand on is away. */
const RETRY_AFTER_SECONDS = 5;

interface ParserError {
  type?: unknown;
  status?: unknown;
  limit?: unknown;
}

/** Express's own and its body parser's errors as problems, or null when the error is none of theirs. */
function fromExpress(error: unknown): Problem | null {
  const { type, status, limit } = (error ?? {}) as ParserError;
  switch (type) {
    case 'entity.too.large':
      return new Problem('body_too_large', { params: { limitBytes: Number(limit) } });
    case 'entity.parse.failed':
    case 'encoding.unsupported':
    case 'request.size.invalid':
    case 'request.aborted':
      return new Problem('malformed_json');
    case 'charset.unsupported':
      return new Problem('unsupported_media_type', { params: { expected: 'application/json; charset=utf-8' } });
    default:
      // A path that is no valid percent-encoding: URIError with status 400.
      return status === 400 && error instanceof URIError ? new Problem('invalid_request') : null;
  }
}

/** Turns whatever was thrown into problem+json. Only what nobody foresaw is logged as an error; nobody sees a stack. */
export function errorHandler(deps: Pick<AppDeps, 'logger'>): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const problem = toProblem(error);
    const context = { requestId: req.requestId, code: problem.code };
    if (problem.code === 'internal_error') deps.logger.error({ ...context, err: error }, 'A request failed.');
    else if (problem.code === 'database_unavailable') deps.logger.warn(context, 'The database does not answer.');

    if (res.headersSent) {
      // The answer had begun: all that is left is to break it off, so that nobody takes it for whole.
      req.socket.destroy();
      return;
    }
    const retryAfter = problem.options.retryAfterSeconds ?? (problem.status === 503 ? RETRY_AFTER_SECONDS : null);
    if (retryAfter !== null) res.set('Retry-After', String(retryAfter));
    if (problem.status === 401) res.set('WWW-Authenticate', 'Bearer realm="redress"');
    if (problem.code === 'method_not_allowed') res.set('Allow', String(problem.options.params?.['allow']));
    res
      .status(problem.status)
      .set('Cache-Control', 'no-store')
      .set('Content-Language', req.language)
      .type('application/problem+json')
      .send(
        JSON.stringify(
          renderProblem(problem, { language: req.language, requestId: req.requestId, instance: req.path }),
        ),
      );
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = fromExpress(error);
  if (known) return known;
  return new Problem(isDatabaseUnavailable(error) ? 'database_unavailable' : 'internal_error');
}

/** A path of Express with parameters as a pattern for whole paths. */
const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}/?$`, 'i');

/** Ends what no route took: 405 when the address answers to other methods, else 404. */
export function notFound(): RequestHandler {
  const table = registeredRoutes().map((route) => ({ ...route, pattern: patternOf(route.path) }));
  return (req) => {
    const methods = new Set(table.filter((route) => route.pattern.test(req.path)).map((route) => route.method));
    if (methods.size === 0) throw new Problem('not_found');
    const allow = [...methods].flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    throw new Problem('method_not_allowed', { params: { allow: allow.toSorted().join(', ') } });
  };
}
