import express, { type Express } from 'express';
import helmet from 'helmet';
import { authenticate } from './middleware/authenticate';
import { errorHandler, notFound } from './middleware/error-handler';
import { limitFailedLogins, limitPerKey } from './middleware/rate-limit';
import { requestContext } from './middleware/request-context';
import { requestLog, requestMetrics } from './middleware/request-log';
import { protectedRoutes, publicRoutes } from './routes';
import { decisionPageRoutes } from './routes/decision-pages';
import { docsRoutes } from './routes/docs';
import { policyPageRoutes } from './routes/policy-pages';
import { systemRoutes } from './routes/system';
import type { AppDeps } from './types';

/** Nothing is loaded from elsewhere and nothing inline runs; data: images are those of the documentation page. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/**
 * Puts the HTTP interface together: what every request passes, then the routes, then what catches the rest.
 * Order matters: provider notifications keep their raw bytes and bring no key, so they come before both.
 */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.config.trustedProxyHops);
  // 'simple' leaves a[b]=c as a plain unknown parameter, which is then refused.
  app.set('query parser', 'simple');
  app.set('etag', false);

  app.use(requestContext, requestLog(deps), requestMetrics(deps.metrics.httpSeconds));
  app.use(helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, crossOriginEmbedderPolicy: false }));
  app.use(systemRoutes(deps), docsRoutes(deps), policyPageRoutes(deps), decisionPageRoutes(deps));
  for (const routes of publicRoutes) app.use(routes(deps));

  app.use('/v1', limitFailedLogins(deps), authenticate(deps), limitPerKey(deps));
  app.use('/v1', (_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/v1', express.json({ limit: deps.config.jsonBodyLimitBytes, strict: true, type: JSON_TYPES }));
  for (const routes of protectedRoutes) app.use(routes(deps));

  app.use(notFound());
  app.use(errorHandler(deps));
  return app;
}

const JSON_TYPES = ['application/json', 'application/*+json'];
