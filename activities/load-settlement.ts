import { ApplicationFailure, heartbeat } from '@temporalio/activity';
import { FAILURE_TYPES, type ReconciliationActivities } from '../contract';
import type { SettlementLine } from '../domain/reconciliation';
import {
  GatewayBusyError,
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementSource,
} from '../integrations/payments';
import {
  dropUnseenSettlementLines,
  noteReconciliationProgress,
  readReconciliationRun,
  storeSettlementLines,
  type ReconciliationRun,
} from '../store';
import type { ActivityDeps } from './deps';

export type SettlementDeps = Pick<ActivityDeps, 'db' | 'settlements' | 'clock' | 'logger' | 'metrics'>;

const BATCH = 2_000;

/** Stores what the provider says happened on a run's day. Stored lines have keys: begun anew, it stores nothing twice. */
export function createLoadSettlement(deps: SettlementDeps): Pick<ReconciliationActivities, 'loadSettlement'> {
  const { db, clock, logger } = deps;
  const nowIso = (): string => clock().toISOString();

  return {
    async loadSettlement({ runId }) {
      const { run, source } = await loadRun(deps, runId);
      if (run.status === 'comparing' || run.endedAt !== null) return { state: 'loaded', lines: 0 };
      await noteReconciliationProgress(db, runId, { status: 'loading' }, nowIso());
      let batch: SettlementLine[] = [];
      let lines = 0;
      const store = async (): Promise<void> => {
        await storeSettlementLines(db, run, batch);
        lines += batch.length;
        batch = [];
        heartbeat(lines);
      };
      try {
        for await (const line of source.fetchDay(run.day, nowIso())) {
          batch.push(line);
          if (batch.length === BATCH) await store();
        }
      } catch (error) {
        if (error instanceof SettlementNotReadyError) {
          await noteReconciliationProgress(db, runId, { status: 'waiting', code: error.code }, nowIso());
          return { state: 'not_ready', code: error.code };
        }
        throw failureOf(error);
      }
      await store();
      await dropUnseenSettlementLines(db, run);
      await noteReconciliationProgress(db, runId, { status: 'comparing', loaded: true }, nowIso());
      logger.info({ runId, provider: run.provider, day: run.day, lines }, 'A day’s settlement lines are stored.');
      return { state: 'loaded', lines };
    },
  };
}

/** The run and where its lines come from. Throws what Temporal retries when an operator can put it right. */
export async function loadRun(
  deps: Pick<ActivityDeps, 'db' | 'settlements'>,
  runId: string,
): Promise<{ run: ReconciliationRun; source: SettlementSource }> {
  const run = await readReconciliationRun(deps.db, runId);
  if (run === null) throw ApplicationFailure.nonRetryable(`There is no run ${runId}.`, FAILURE_TYPES.notAccepted);
  const { provider, merchantAccount, mode } = run;
  const source = deps.settlements.find(provider, merchantAccount, mode);
  if (source === null)
    throw ApplicationFailure.retryable(
      `No ${mode} account "${merchantAccount}" of ${provider} is configured in this worker.`,
      'ProviderNotConfigured',
    );
  return { run, source };
}

/** A provider that is busy is asked again when it wants to be; a damaged file may be whole the next time. */
function failureOf(error: unknown): unknown {
  if (error instanceof GatewayBusyError)
    return ApplicationFailure.create({
      message: error.message,
      type: 'GatewayBusy',
      nonRetryable: false,
      nextRetryDelay: error.retryAfterMs,
    });
  if (error instanceof SettlementUnreadableError)
    return ApplicationFailure.create({ message: error.message, type: 'SettlementUnreadable', nonRetryable: false });
  return error;
}
