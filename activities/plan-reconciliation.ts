import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type ReconciliationActivities } from '../contract';
import { daysToReconcile, isDayOver } from '../domain/reconciliation';
import type { SettlementAccount } from '../integrations/payments';
import {
  consumeReconcileCommand,
  createReconciliationRuns,
  giveUpReconciliation,
  lastReconciledDay,
  readReconcileOrder,
  readReconciliationRun,
  type ReconcileOrder,
} from '../store';
import type { ActivityDeps } from './deps';

export type PlanDeps = Pick<ActivityDeps, 'db' | 'settlements' | 'clock' | 'logger' | 'metrics'>;

/** Which days of which accounts are to be compared. Runs by the wall clock: a reconciliation belongs to no refund. */
export function createPlanReconciliation(
  deps: PlanDeps,
): Pick<ReconciliationActivities, 'planReconciliation' | 'giveUpReconciliation'> {
  const { db, settlements, clock, logger, metrics } = deps;

  async function daysOf(account: SettlementAccount, order: ReconcileOrder | null): Promise<string[]> {
    const source = settlements.find(account.provider, account.merchantAccount, account.mode);
    if (source === null) return [];
    const nowMs = clock().getTime();
    if (order === null) return daysToReconcile(await lastReconciledDay(db, account), nowMs, source.timing);
    const isWanted = order.mode === account.mode && (order.provider === null || order.provider === account.provider);
    return isWanted && isDayOver(order.day, nowMs, source.timing) ? [order.day] : [];
  }

  return {
    async planReconciliation({ requestKey, commandId }) {
      const order = commandId === null ? null : await readReconcileOrder(db, commandId);
      if (commandId !== null && order === null)
        throw ApplicationFailure.nonRetryable(`No command ${commandId} asks for this.`, FAILURE_TYPES.notAccepted);
      const wanted = [];
      for (const account of settlements.accounts()) {
        const { mode, provider, merchantAccount } = account;
        for (const day of await daysOf(account, order))
          wanted.push({
            ...account,
            day,
            requestKey: [commandId ?? requestKey, mode, provider, merchantAccount, day].join(':'),
          });
      }
      const by = { trigger: order === null ? 'schedule' : 'request', commandId } as const;
      const runs = await createReconciliationRuns(db, wanted, by, clock().toISOString());
      if (commandId !== null) await consumeReconcileCommand(db, commandId);
      return {
        runs: runs.map(({ id, mode, provider, merchantAccount }) => ({
          runId: id,
          lane: `${mode}/${provider}/${merchantAccount}`,
          patienceMs: settlements.find(provider, merchantAccount, mode)?.timing.patienceMs ?? 0,
        })),
      };
    },

    async giveUpReconciliation({ runId, code }) {
      const run = await readReconciliationRun(db, runId);
      await giveUpReconciliation(db, runId, code, clock().toISOString());
      logger.error({ runId, provider: run?.provider, day: run?.day, code }, 'A day could not be reconciled.');
      metrics.reconciliations.inc({ provider: run?.provider ?? '', outcome: 'failed' });
    },
  };
}
