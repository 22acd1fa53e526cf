import { openEngine, type ImaginedProvider, type TestEngine } from './engine';
import { openRefundApi, type RefundApi } from './refund-api';

/** The API with an engine that works on its refunds. */
export interface WorkingApi extends RefundApi {
  engine: TestEngine;
}

/** @param provider what the provider says; a test may change it. Default: that the money has moved */
export async function openWorkingApi(provider?: ImaginedProvider): Promise<WorkingApi> {
  const engine = await openEngine();
  const api = await openRefundApi(engine);
  await engine.work(api.db, provider);
  return {
    ...api,
    engine,
    async close() {
      // Nobody works any more when the rows are judged.
      await engine.close();
      await api.close();
    },
  };
}
