import { setTimeout as pause } from 'node:timers/promises';
import type { RefundWorkflowInput, Verdict } from '../contract';
import { isAppealable, isOver, type Actor, type ProcessState, type Refusal } from '../domain/refund';
import {
  readRefund,
  readStanding,
  refuseCommand,
  type CommandRecord,
  type Standing,
  type StoredRefund,
} from '../store';
import { createNudger } from '../platform';
import { Problem } from './problems';
import { EngineUnavailable, RefundRefused, WorkflowMissing } from './refund-client-errors';
import { refusalProblem } from './refund-problems';
import { createTurns } from './turns';
import type { AppDeps, Principal } from './types';

/** What somebody asks of a refund's process: how Postgres judges it early, and how it is sent. */
export interface Ask {
  refundId: string;
  principal: Principal;
  command: CommandRecord;
  /** Type of the audit entry when it is refused before it reached the process. */
  refusedAs: string;
  /** @param at the instant of the judgement */
  judge: (refund: Standing, at: string) => Refusal | null;
  send: (actor: Actor, updateId: string) => Promise<Verdict>;
}

/** The way of every command into the process of a refund. */
export interface RefundCommands {
  /**
   * Judges by Postgres, sends the update and answers with the refund at or after the transition that recorded it.
   * Safe to run again with the same command: what has counted is told again and answered, what may have counted is joined.
   * Whoever is answered may rely on it that the process knows.
   * @throws Problem with the refusal, or engine_unavailable when it may have counted
   */
  run(ask: Ask): Promise<StoredRefund>;
  /** Judges by Postgres, then hands over without waiting for the outcome. @throws Problem as `run` */
  handOver(ask: Omit<Ask, 'send'>, send: (actor: Actor) => Promise<void>): Promise<void>;
  /**
   * Starts an accepted refund, whose answer need not wait for the engine; never throws. Commands that follow at once wait for
   * the start.
   * @param accepted its stored row, when it has just been written and need not be read
   */
  startSoon(refundId: string, accepted: RefundWorkflowInput | null): void;
  /** Wakes the delivery of letters soon. */
  nudge(): void;
}

/** Updates of one refund that this process has in flight at once; the engine takes ten in all. */
const IN_FLIGHT_PER_REFUND = 4;
const RETRY_AFTER_SECONDS = 5;
/** How long a command waits for the start of its refund that is under way; an engine that is away is told by the command. */
const START_WAIT_MS = 1_000;
/** As the worker does, which nudges for what the process itself writes. */
const NUDGE_EVERY_MS = 2_000;

const known = new WeakMap<AppDeps, RefundCommands>();

/** The one instance of these dependencies: all routes stand in the same lines. */
export function refundCommands(deps: AppDeps): RefundCommands {
  const made = known.get(deps) ?? createRefundCommands(deps);
  known.set(deps, made);
  return made;
}

/** As its command row names it; the record step compares the two. */
export const actorOf = (command: CommandRecord): Actor => ({
  kind: command.principalKind,
  id: command.principalId,
  personId: command.personId,
  roles: command.roles,
});

function createRefundCommands(deps: AppDeps): RefundCommands {
  const turns = createTurns(IN_FLIGHT_PER_REFUND);
  const starting = new Map<string, Promise<void>>();
  // The delivery workflow has a timer of its own behind this, so a lost nudge costs a wait, nothing else.
  const { nudge } = createNudger(() => deps.refundClient.nudgeDelivery(), {
    minIntervalMs: NUDGE_EVERY_MS,
    onError: (error) => deps.logger.debug({ err: error }, 'Delivery was not woken; its own timer will.'),
  });

  /** What Postgres says: the refund when the command has counted, the refusal when it cannot count, else `open`. */
  async function look(
    ask: Omit<Ask, 'send'>,
    known?: Standing,
  ): Promise<{ counted: StoredRefund } | { refusal: Refusal } | 'open'> {
    const standing =
      known ?? (await readStanding(deps.db, ask.principal.mode, ask.refundId, ask.command.id, deps.clock()));
    if (!standing) throw new Problem('refund_not_found');
    if (standing.outcome === 'done') return { counted: await atLeast(ask, standing.transitionSeq ?? 0) };
    const refusal = ask.judge(standing, deps.clock().toISOString());
    if (standing.outcome === 'refused') {
      const code = standing.refusalCode as Refusal['code'] | null;
      return { refusal: refusal && refusal.code === code ? refusal : { code: code ?? 'command_invalid', data: {} } };
    }
    return refusal ? { refusal } : 'open';
  }

  async function atLeast(ask: Omit<Ask, 'send'>, seq: number): Promise<StoredRefund> {
    const refund = await readRefund(deps.db, ask.principal.mode, ask.refundId);
    if (!refund) throw new Problem('refund_not_found');
    // The record step commits before the update answers, so an older row means that this is not the primary.
    if (refund.process.seq < seq) throw unavailable();
    return refund;
  }

  /** Records the refusal and tells it; when the command counted meanwhile, answers with the refund instead. */
  async function refuse(ask: Omit<Ask, 'send'>, refusal: Refusal): Promise<StoredRefund> {
    const { command } = ask;
    const entry = {
      type: ask.refusedAs,
      actor: { kind: command.principalKind, id: command.personId ?? command.principalId },
      data: { commandId: command.id, kind: command.kind, code: refusal.code, ...refusal.data },
    };
    const refused = { commandId: command.id, refundId: ask.refundId, code: refusal.code, entry };
    if (!(await refuseCommand(deps.db, refused, deps.clock().toISOString()))) {
      const now = await look(ask);
      if (now !== 'open' && 'counted' in now) return now.counted;
    }
    throw await refusalProblem(deps, ask.refundId, refusal, ask.principal);
  }

  /** The refund when the command has counted, null when it may be sent. @throws Problem when it cannot count */
  async function settle(ask: Omit<Ask, 'send'>, known?: Standing): Promise<StoredRefund | null> {
    const seen = await look(ask, known);
    if (seen === 'open') return null;
    return 'counted' in seen ? seen.counted : refuse(ask, seen.refusal);
  }

  /**
   * Tells the process again what counted by Postgres but was never answered. Its step is committed, yet the process may know
   * nothing of it: an update is in no history until its workflow task ends, so an engine that dies loses it, and nothing
   * would wake the process before its next deadline.
   * @throws Problem engine_unavailable; then the caller repeats, and it is told once more
   */
  async function tellAgain(refund: StoredRefund, send: () => Promise<unknown>): Promise<StoredRefund> {
    try {
      await send();
    } catch (error) {
      if (error instanceof EngineUnavailable) throw unavailable();
      // A process that has ended, or that has gone further, knows.
      if (!(error instanceof WorkflowMissing) && !(error instanceof RefundRefused)) throw error;
    }
    return refund;
  }

  /** What a failed call means, by what stands in Postgres now. */
  async function explain(ask: Omit<Ask, 'send'>, error: unknown): Promise<StoredRefund> {
    const now = await look(ask);
    // It may have counted without the process knowing: whoever repeats makes sure of both.
    if (error instanceof EngineUnavailable && now !== 'open' && 'counted' in now) throw unavailable();
    if (now !== 'open' && 'counted' in now) return now.counted;
    if (error instanceof RefundRefused) {
      if (error.refusal.code === 'command_invalid')
        throw await refusalProblem(deps, ask.refundId, error.refusal, ask.principal);
      return refuse(ask, error.refusal);
    }
    if (error instanceof WorkflowMissing) {
      const standing = await readStanding(deps.db, ask.principal.mode, ask.refundId, ask.command.id, deps.clock());
      if (!standing) throw new Problem('refund_not_found');
      const refusal = ask.judge(standing, deps.clock().toISOString());
      if (refusal) return refuse(ask, refusal);
      if (isAlive(standing.process)) startSoon(ask.refundId, null);
      throw unavailable();
    }
    if (error instanceof EngineUnavailable) throw unavailable();
    throw error;
  }

  /** Sends to a refund that may not have been started yet: a decision can follow its acceptance at once. */
  async function sendStarted(ask: Ask): Promise<Verdict> {
    const send = () => ask.send(actorOf(ask.command), ask.command.scopeHash);
    await startingMoment(ask.refundId);
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof WorkflowMissing)) throw error;
      const standing = await readStanding(deps.db, ask.principal.mode, ask.refundId, ask.command.id, deps.clock());
      if (!standing || !isAlive(standing.process)) throw error;
      await deps.refundClient.start(ask.refundId);
      return await send();
    }
  }

  /** Waits for a start that is under way, no longer than a moment. */
  async function startingMoment(refundId: string): Promise<void> {
    const started = starting.get(refundId);
    if (!started) return;
    const over = new AbortController();
    await Promise.race([started, pause(START_WAIT_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
    over.abort();
  }

  function startSoon(refundId: string, accepted: RefundWorkflowInput | null): void {
    const started = deps.refundClient
      .start(refundId, accepted ?? undefined)
      .then(
        () => undefined,
        (error: unknown) => deps.logger.warn({ err: error, refundId }, 'A refund will be started by the schedule.'),
      )
      .finally(() => starting.delete(refundId));
    starting.set(refundId, started);
  }

  return {
    startSoon,
    nudge,
    run(ask) {
      // Looked at when its turn has come: by then somebody else may have decided, and the engine need not be asked. Who has
      // waited for nobody has just looked.
      const known = turns.isTaken(ask.refundId) ? undefined : ask.command.standing;
      return turns.take(ask.refundId, async () => {
        const settled = await settle(ask, known);
        if (settled) return tellAgain(settled, () => sendStarted(ask));
        let verdict: Verdict;
        try {
          verdict = await sendStarted(ask);
        } catch (error) {
          return explain(ask, error);
        }
        return atLeast(ask, verdict.seq);
      });
    },
    handOver: (ask, send) =>
      turns.take(ask.refundId, async () => {
        const settled = await settle(ask);
        if (settled) {
          await tellAgain(settled, () => send(actorOf(ask.command)));
          return;
        }
        try {
          await send(actorOf(ask.command));
        } catch (error) {
          await explain(ask, error);
        }
      }),
  };
}

/** Whether a workflow that is missing should be there. */
const isAlive = (process: ProcessState): boolean => !isOver(process) || isAppealable(process);

const unavailable = (): Problem => new Problem('engine_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
