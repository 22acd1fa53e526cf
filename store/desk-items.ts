import type { DeskItemToOpen, DeskKind } from '../domain/process';
import type { Db } from './client';
import { newId } from './new-id';

interface DeskOwner {
  id: string;
  mode: 'live' | 'test';
}

/** Opens desk items, each key once, and settles the kinds that a transition has overtaken. */
export async function writeDeskItems(
  tx: Db,
  refund: DeskOwner,
  open: DeskItemToOpen[],
  resolve: DeskKind[],
  at: Date,
): Promise<void> {
  if (resolve.length > 0)
    await tx.deskItem.updateMany({
      where: { refundId: refund.id, kind: { in: resolve }, status: 'open' },
      data: { status: 'resolved', resolvedAt: at, resolution: 'overtaken' },
    });
  if (open.length > 0)
    await tx.deskItem.createMany({
      data: open.map((item) => ({
        id: newId('di'),
        mode: refund.mode,
        refundId: refund.id,
        kind: item.kind,
        dedupKey: `${refund.id}:${item.key}`,
        dueAt: item.dueAt,
        data: item.data,
        createdAt: at,
      })),
      skipDuplicates: true,
    });
}
