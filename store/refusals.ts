import { appendRefundAudit, type AuditEntry } from './audit';
import type { Database } from './client';

/** Rolls back: the command has been used meanwhile, so nothing was refused. */
class CommandUsed extends Error {}

/**
 * Records that a command was refused before it reached the process, and uses it up: one audit entry and the command's
 * outcome, in one transaction behind the refund's row lock.
 * @returns false when the command was used meanwhile, by whoever was faster; then nothing was written.
 */
export async function refuseCommand(
  db: Database,
  refused: { commandId: string; refundId: string; code: string; entry: AuditEntry },
  nowIso: string,
): Promise<boolean> {
  try {
    await db.$transaction(
      async (tx) => {
        // The refund's row first, as the record step does, so that the two never wait for each other.
        await appendRefundAudit(tx, refused.refundId, nowIso, [refused.entry]);
        const used = await tx.command.updateMany({
          where: { id: refused.commandId, outcome: 'open' },
          data: { outcome: 'refused', refusalCode: refused.code },
        });
        if (used.count !== 1) throw new CommandUsed();
      },
      { maxWait: 10_000, timeout: 10_000 },
    );
    return true;
  } catch (error) {
    if (error instanceof CommandUsed) return false;
    throw error;
  }
}
