import type { Db } from './client';
import type { Mode } from './refund-views';

/** What somebody asked to have reconciled. */
export interface ReconcileOrder {
  mode: Mode;
  day: string;
  /** Null: every account of the mode. */
  provider: string | null;
}

/** Reads the order out of the command that stated it; null when there is no such command. */
export async function readReconcileOrder(db: Db, commandId: string): Promise<ReconcileOrder | null> {
  const row = await db.command.findUnique({ where: { id: commandId }, select: { kind: true, mode: true, body: true } });
  if (row?.kind !== 'reconcile') return null;
  const { day, provider } = row.body as { day: string; provider?: string };
  return { mode: row.mode, day, provider: provider ?? null };
}

/** Marks the command as used: its runs stand. Repeating it changes nothing. */
export async function consumeReconcileCommand(db: Db, commandId: string): Promise<void> {
  await db.command.updateMany({
    where: { id: commandId, kind: 'reconcile', outcome: 'open' },
    data: { outcome: 'done' },
  });
}
