import { createHash } from 'node:crypto';
import { judgeDeskAction } from '../domain/approval';
import type { HoldReason } from '../domain/payment';
import { claimCommand, listHeldRefunds, newId, type CommandRecord } from '../store';
import { Problem } from './problems';
import { actorOf, refundCommands } from './refund-commands';
import type { AppDeps, Principal } from './types';

const ACTION = { act: 'retry_held' } as const;
/** What is beyond this looks again by its own timer. */
const MAX_WOKEN = 1_000;
const AT_ONCE = 8;
const COMMAND_LIFETIME_MS = 10 * 60_000;

/**
 * Has refunds look again now whose payments are held for one of these reasons, in the name of whoever ended the reason: one
 * command a refund, as if they had said `retry_held` at each. Runs beside the answer and never throws: what is not woken
 * looks again by its own timer.
 * @param cause the command that ended the reason; the same cause wakes a refund once
 * @param of the payment that it was about; without it, all
 */
export async function wakeHeld(
  deps: AppDeps,
  principal: Principal,
  cause: CommandRecord,
  reasons: readonly HoldReason[],
  of: { paymentId?: string } = {},
): Promise<void> {
  try {
    const refundIds = await listHeldRefunds(deps.db, { mode: principal.mode, reasons, ...of, limit: MAX_WOKEN });
    const queue = refundIds.values();
    const lanes = Array.from({ length: AT_ONCE }, async () => {
      for (const refundId of queue) await wake(deps, principal, cause, refundId);
    });
    await Promise.all(lanes);
  } catch (error) {
    deps.logger.warn({ err: error, commandId: cause.id }, 'Held refunds were not woken; their own timers will.');
  }
}

async function wake(deps: AppDeps, principal: Principal, cause: CommandRecord, refundId: string): Promise<void> {
  const now = deps.clock();
  const scopeHash = createHash('sha256').update(`wake|${cause.id}|${refundId}`).digest('hex');
  const expiresAt = new Date(now.getTime() + COMMAND_LIFETIME_MS).toISOString();
  const claim = await claimCommand(
    deps.db,
    {
      id: newId('cm'),
      mode: principal.mode,
      kind: 'act_on_desk',
      refundId,
      principalKind: principal.kind,
      principalId: principal.keyId,
      personId: principal.personId,
      roles: principal.roles,
      route: 'wake held payments',
      scopeHash,
      bodyHashes: [scopeHash],
      body: { action: ACTION.act },
      snapshotVersion: null,
      leaseUntil: expiresAt,
      expiresAt,
    },
    now,
  );
  if (claim.state !== 'claimed') return;
  const { command } = claim;
  try {
    await refundCommands(deps).run({
      refundId,
      principal,
      command,
      refusedAs: 'refund.command_refused',
      judge: (refund) => judgeDeskAction(refund.process, ACTION, actorOf(command)),
      send: (actor, updateId) =>
        deps.refundClient.actOnDesk(refundId, { commandId: command.id, actor, action: ACTION }, updateId),
    });
  } catch (error) {
    // Gone on meanwhile, or the engine is away: the refund's own timer looks again.
    if (!(error instanceof Problem)) throw error;
    deps.logger.info({ refundId, code: error.code }, 'A held refund was not woken.');
  }
}
