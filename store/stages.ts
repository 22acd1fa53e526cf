import type { StageChange } from '../domain/process';
import type { Plan } from '../domain/refund';
import type { Db } from './client';

/** Rows for every stage of a plan, none open yet. */
export async function openRound(tx: Db, refundId: string, plan: Plan, round: number): Promise<void> {
  await skipPendingStages(tx, refundId);
  await tx.stage.createMany({
    data: plan.stages.map((stage, position) => ({
      refundId,
      round,
      stageId: stage.id,
      position,
      role: stage.role,
      roles: [stage.role],
      status: 'pending',
    })),
  });
}

/** Applies changes in order: what ended before what opens, as the one-open-stage index wants it. */
export async function applyStageChanges(tx: Db, refundId: string, changes: StageChange[]): Promise<void> {
  for (const { stageId, round, ...data } of changes)
    await tx.stage.updateMany({ where: { refundId, round, stageId }, data });
}

/** The stages that will not be reached any more. */
export async function skipPendingStages(tx: Db, refundId: string): Promise<void> {
  await tx.stage.updateMany({ where: { refundId, status: 'pending' }, data: { status: 'skipped' } });
}
