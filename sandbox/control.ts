import { json, Router } from 'express';
import { FaultRefused, type FaultBoard } from './faults';
import { jsonControlOnly, refuseControl } from './http';

/** The control routes that every server of this folder has: health and faults. */
export function faultRoutes(faults: FaultBoard): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ ok: true });
  });
  router.use('/control', jsonControlOnly, json({ limit: '64kb' }));
  router.post('/control/faults', (request, response) => {
    try {
      response.status(201).json(faults.add(request.body));
    } catch (error) {
      if (!(error instanceof FaultRefused)) throw error;
      refuseControl(response, 400, error.message);
    }
  });
  router.get('/control/faults', (_request, response) => {
    response.json(faults.all());
  });
  router.delete('/control/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });
  return router;
}
