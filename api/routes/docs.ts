import path from 'node:path';
import express, { Router } from 'express';
import { DOCS_HTML, DOCS_SCRIPT, DOCS_STYLE, problemsHtml } from '../docs-pages';
import { openApiDocument } from '../openapi';
import type { AppDeps } from '../types';

const ASSETS = /^\/(?:swagger-ui\.css|swagger-ui-bundle\.js|favicon-(?:16x16|32x32)\.png)$/;

/** /openapi.json, the page that shows it, and the page of problem codes. All self-hosted. */
export function docsRoutes(deps: AppDeps): Router {
  const router = Router();
  let document: object | undefined;

  router.get('/openapi.json', (_req, res) => {
    document ??= openApiDocument(deps.config.publicUrl);
    res.json(document);
  });
  router.get('/docs', (_req, res) => {
    res.type('html').send(DOCS_HTML);
  });
  router.get('/docs/problems', (_req, res) => {
    res.type('html').send(problemsHtml());
  });
  router.get('/docs/docs.js', (_req, res) => {
    res.type('js').send(DOCS_SCRIPT);
  });
  router.get('/docs/docs.css', (_req, res) => {
    res.type('css').send(DOCS_STYLE);
  });
  const assets = express.static(path.dirname(require.resolve('swagger-ui-dist/package.json')), {
    index: false,
    redirect: false,
    maxAge: '1d',
  });
  router.use('/docs/assets', (req, res, next) => {
    if (ASSETS.test(req.path)) assets(req, res, next);
    else next();
  });
  return router;
}
