import type { Db } from './client';
import type { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { OrderRefused, type OrderLineInput } from './order-input';

interface StoredLine {
  id: string;
  externalId: string;
  quantity: number;
  unitPriceMinor: bigint;
  discountMinor: bigint;
  taxMinor: bigint;
  reservedQuantity: number;
  refundedQuantity: number;
  reservedMinor: bigint;
  refundedMinor: bigint;
}

/** What a decision on a refund of this line rests on. */
const hasOtherPrice = (stored: StoredLine, line: OrderLineInput): boolean =>
  stored.quantity !== line.quantity ||
  stored.unitPriceMinor !== BigInt(line.unitPriceMinor) ||
  stored.discountMinor !== BigInt(line.discountMinor) ||
  stored.taxMinor !== BigInt(line.taxMinor);

/**
 * Whether a line may become what the shop says: while a refund is under way its quantity and prices stand, afterwards
 * what was refunded must still fit.
 */
function mayBecome(stored: StoredLine, line: OrderLineInput): boolean {
  if (!hasOtherPrice(stored, line)) return true;
  if (stored.reservedQuantity > 0 || stored.reservedMinor > 0n) return false;
  const totalMinor =
    BigInt(line.unitPriceMinor) * BigInt(line.quantity) - BigInt(line.discountMinor) + BigInt(line.taxMinor);
  return stored.refundedQuantity <= line.quantity && stored.refundedMinor <= totalMinor;
}

/**
 * Brings the lines of an order to what its shop states, under their row locks. Call it in the order's transaction.
 * @throws OrderRefused when a refund refers to a line that would go or change
 */
export async function writeOrderLines(
  tx: Db,
  order: { id: string; mode: 'live' | 'test' },
  lines: readonly OrderLineInput[],
): Promise<void> {
  await tx.$queryRaw`SELECT id FROM order_lines WHERE order_id = ${order.id} ORDER BY id FOR UPDATE`;
  const stored = await tx.orderLine.findMany({
    where: { orderId: order.id },
    include: { _count: { select: { refundLines: true } } },
  });
  const wanted = new Set(lines.map((line) => line.externalId));
  const gone = stored.filter((line) => !wanted.has(line.externalId));
  const kept = gone.find((line) => line._count.refundLines > 0);
  if (kept) refuse('line_removed', kept.externalId);
  if (gone.length > 0) await tx.orderLine.deleteMany({ where: { id: { in: gone.map((line) => line.id) } } });

  const byExternalId = new Map(stored.map((line) => [line.externalId, line]));
  const added: Prisma.OrderLineCreateManyInput[] = [];
  for (const [position, line] of lines.entries()) {
    const known = byExternalId.get(line.externalId);
    if (known && !mayBecome(known, line)) refuse('line_changed', line.externalId);
    const fields = {
      position,
      sku: line.sku,
      name: line.name,
      category: line.category ?? null,
      quantity: line.quantity,
      unitPriceMinor: BigInt(line.unitPriceMinor),
      discountMinor: BigInt(line.discountMinor),
      taxMinor: BigInt(line.taxMinor),
      attributes: line.attributes,
    };
    if (known) await tx.orderLine.update({ where: { id: known.id }, data: fields });
    else added.push({ id: newId('ol'), mode: order.mode, orderId: order.id, externalId: line.externalId, ...fields });
  }
  if (added.length > 0) await tx.orderLine.createMany({ data: added });
}

function refuse(reason: 'line_removed' | 'line_changed', lineExternalId: string): never {
  throw new OrderRefused({ code: 'order_conflict', reason, lineExternalId });
}
