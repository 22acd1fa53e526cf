import type { Response } from 'supertest';
import { eventually } from './engine';
import type { KeyName } from './refund-api';
import type { WorkingApi } from './working-api';

/** How tests decide over HTTP and see what came of it. @param api the one of the file, which is open by the time of a call */
export function decisionsBy(api: () => WorkingApi) {
  const statusOf = async (id: string): Promise<string> => (await api().get('auditor', `/v1/refunds/${id}`)).body.status;
  return {
    statusOf,
    reaches: (id: string, status: string): Promise<boolean> =>
      eventually(`${id} is ${status}`, async () => (await statusOf(id)) === status),
    decide: (
      key: KeyName,
      id: string,
      stage: string,
      change: object = {},
      headers: Record<string, string> = {},
    ): Promise<Response> =>
      api().post(
        key,
        `/v1/refunds/${id}/decisions`,
        { stage, decision: 'approve', snapshotVersion: 1, ...change },
        headers,
      ),
  };
}
