import { heartbeat } from '@temporalio/activity';
import { deliverProviderEvent, refundWorkflowId, type MaintenanceActivities, type SweepResult } from '../contract';
import { hasEnded } from '../domain/refund';
import {
  consumeStartTicket,
  countOverdueDeskItems,
  listOpenRefundsToCheck,
  listOpenReplans,
  listOpenStartTickets,
  listUnremindedDeskItems,
  listUnsignalledProviderEvents,
  listUntoldCommands,
  markCommandTold,
  markProviderEventSignalled,
  noteStartFailure,
  openDeskItemOnce,
  readRefundProcess,
  readWorkflowStart,
  remindOfDeskItem,
  settleReplan,
  type OpenRefund,
} from '../store';
import type { ActivityDeps } from './deps';
import { inParallel } from './in-parallel';
import { eventDoors, startRefundWorkflow, tellToReplan, workflowState } from './refund-workflows';
import { tellCommandAgain } from './tell-command-again';

export type MaintenanceDeps = Pick<ActivityDeps, 'db' | 'clock' | 'logger' | 'metrics' | 'nudgeDelivery'>;

/** The API starts and signals at once; only what it has not managed for this long is made up for. */
const START_GRACE_MS = 5_000;
const SIGNAL_GRACE_MS = 5_000;
/** Who was answered 503 is asked to repeat after five seconds, and knows best what is still wanted. */
const COMMAND_GRACE_MS = 15_000;
/** How far it is looked back for commands: an engine that was away longer wakes every refund by its own timers. */
const COMMANDS_SINCE_MS = 86_400_000;
/** A refund that has changed this recently is not stranded, whatever its workflow looks like. */
const STRANDED_GRACE_MS = 60_000;
const MINUTE_MS = 60_000;
const PARALLEL = 8;

/** What makes up for crashes between two systems. Runs by the wall clock: a sweep belongs to no refund. */
export function createMaintenanceActivities(deps: MaintenanceDeps): MaintenanceActivities {
  const { db, clock, logger, metrics, nudgeDelivery } = deps;
  const doors = eventDoors(db);
  const ago = (ms: number): string => new Date(clock().getTime() - ms).toISOString();

  return {
    async startAcceptedRefunds({ limit }) {
      const refundIds = await listOpenStartTickets(db, { acceptedBeforeIso: ago(START_GRACE_MS), limit });
      return sweep(refundIds, async (refundId) => {
        try {
          const input = await readWorkflowStart(db, refundId);
          if (input) await startRefundWorkflow(input);
          await consumeStartTicket(db, refundId, clock().toISOString());
          metrics.repaired.inc({ what: 'start' });
          return true;
        } catch (error) {
          logger.error({ err: error, refundId }, 'An accepted refund could not be started.');
          await noteStartFailure(db, refundId, error instanceof Error ? error.message : String(error));
          return false;
        }
      });
    },

    async signalStoredProviderEvents({ limit }) {
      const events = await listUnsignalledProviderEvents(db, { storedBeforeIso: ago(SIGNAL_GRACE_MS), limit });
      return sweep(events, async (event) => {
        const nowIso = clock().toISOString();
        const told = await deliverProviderEvent(doors, event.refundId, event.id);
        // A workflow that is missing while its refund is open is started or reported elsewhere; the event waits for it.
        if (!told && !event.isOver && event.refundStatus !== 'paid') return false;
        if (!told)
          await openDeskItemOnce(
            db,
            {
              mode: event.mode,
              refundId: event.refundId,
              kind: 'provider_event_after_close',
              dedupKey: `${event.refundId}:after-close:${event.id}`,
              dueAt: null,
              data: { providerEventId: event.id, refundStatus: event.refundStatus },
            },
            nowIso,
          );
        await markProviderEventSignalled(db, event.id, nowIso);
        metrics.repaired.inc({ what: 'provider_event' });
        return true;
      });
    },

    async tellCommandsAgain({ limit }) {
      const commands = await listUntoldCommands(db, {
        nowIso: clock().toISOString(),
        statedAfterIso: ago(COMMANDS_SINCE_MS),
        statedBeforeIso: ago(COMMAND_GRACE_MS),
        limit,
      });
      return sweep(commands, async (command) => {
        const told = await tellCommandAgain(command);
        // A refund that is not started yet is told next time; one that has ended knew what had counted.
        if (!told && !command.hasCounted) return false;
        await markCommandTold(db, command.id, clock().toISOString());
        if (told) metrics.repaired.inc({ what: 'command' });
        return told;
      });
    },

    async tellOpenReplans({ limit }) {
      const items = await listOpenReplans(db, { askedBeforeIso: ago(SIGNAL_GRACE_MS), limit });
      return sweep(items, async ({ isInReview, ...item }) => {
        // It needs none any more, and its workflow may have ended.
        if (!isInReview) {
          await settleReplan(db, item, 'nothing_to_replan', clock().toISOString());
          return true;
        }
        // Told twice is planned once. One whose workflow is missing is started or reported elsewhere, and waits for it.
        const told = await tellToReplan(item.refundId, item.replanId);
        if (told) metrics.repaired.inc({ what: 'replan' });
        return told;
      });
    },

    async reportStrandedRefunds({ limit }) {
      const now = clock();
      const refunds = await listOpenRefundsToCheck(db, {
        nowIso: now.toISOString(),
        unchangedSinceIso: ago(STRANDED_GRACE_MS),
        round: Math.floor(now.getTime() / MINUTE_MS),
        limit,
      });
      const stranded: OpenRefund[] = [];
      await inParallel(refunds, PARALLEL, async (refund) => {
        heartbeat();
        const state = await workflowState(refund.workflowId ?? refundWorkflowId(refund.refundId));
        if (state === 'running') return;
        // It may have ended in order between the two looks.
        const process = await readRefundProcess(db, refund.refundId);
        if (process === null || hasEnded(process, now.toISOString())) return;
        const { status } = process;
        stranded.push(refund);
        const opened = await openDeskItemOnce(
          db,
          {
            mode: refund.mode,
            refundId: refund.refundId,
            kind: 'workflow_ended_early',
            dedupKey: `${refund.refundId}:stranded:${refund.transitionSeq}`,
            dueAt: null,
            data: { status, workflow: state, seq: refund.transitionSeq },
          },
          now.toISOString(),
        );
        if (opened)
          logger.error({ refundId: refund.refundId, status, state }, 'An open refund has no running workflow.');
      });
      metrics.strandedRefunds.set(stranded.length);
      return { found: refunds.length, done: stranded.length };
    },

    async remindOverdueDeskItems({ limit }) {
      const nowIso = clock().toISOString();
      metrics.overdueDeskItems.set(await countOverdueDeskItems(db, nowIso));
      const items = await listUnremindedDeskItems(db, { nowIso, limit });
      const result = await sweep(items, (item) => remindOfDeskItem(db, item, nowIso));
      if (result.done > 0) nudgeDelivery();
      return result;
    },
  };
}

/** Works through what was found, a few at a time; `repair` says whether it could be made up for. */
async function sweep<Item>(items: readonly Item[], repair: (item: Item) => Promise<boolean>): Promise<SweepResult> {
  let done = 0;
  await inParallel(items, PARALLEL, async (item) => {
    heartbeat();
    if (await repair(item)) done += 1;
  });
  return { found: items.length, done };
}
