import type { Movement } from '../../../sandbox';
import type { GatewayWorld } from '../payments/gateway-suite';
import { call } from './wire';

/** Amounts of the movements under a reference, by the sandbox's ledger, that did not come back. */
export const movementsAt = async (sandboxUrl: string, reference: string): Promise<number[]> =>
  ((await call('GET', `${sandboxUrl}/ledger`)) as Movement[])
    .filter((movement) => movement.reference === reference && movement.status !== 'failed')
    .map((movement) => movement.amountMinor);

/**
 * What a suite asks of every provider's stand-in.
 * @param operations what this stand-in calls an instruction and a question
 */
export const sandboxControls = (
  sandboxUrl: string,
  provider: string,
  operations: Record<'instruct' | 'query', string>,
): Pick<GatewayWorld, 'fault' | 'clearFaults' | 'movements'> => ({
  fault: async ({ call: which, ...fault }) => {
    await call('POST', `${sandboxUrl}/control/faults`, { provider, operation: operations[which], ...fault });
  },
  clearFaults: async () => {
    await call('DELETE', `${sandboxUrl}/control/faults`);
  },
  movements: (reference) => movementsAt(sandboxUrl, reference),
});
