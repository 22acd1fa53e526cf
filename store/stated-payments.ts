import { larger } from '../domain/payment';
import { appendSharedAudit } from './audit';
import { toMinor, type Database } from './client';
import { openDeskItemOnce } from './desk';
import type { OrderPaymentInput } from './order-input';
import { provenElsewhere } from './refunded-elsewhere';
import type { Mode } from './refund-views';

/**
 * Keeps what a shop states of its payments and could not be booked, because the money is spoken for: less captured, or
 * more refunded elsewhere. The order stays as it is stored; what is still to be paid on these payments is held until the
 * shop states them otherwise (store/interlocks.ts), and a person is told, once for each statement.
 */
export async function keepUnbookable(
  db: Database,
  order: { mode: Mode; externalId: string },
  payments: readonly OrderPaymentInput[],
  nowIso: string,
): Promise<void> {
  const { mode, externalId } = order;
  await db.$transaction(async (tx) => {
    await tx.$queryRaw`
      SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id
      WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${externalId} ORDER BY p.captured_at, p.id FOR UPDATE OF p`;
    const stored = await tx.payment.findMany({ where: { order: { mode, externalId } } });
    for (const payment of stored) {
      const stated = payments.find((one) => one.externalId === payment.externalId);
      if (!stated) continue;
      const capturedMinor = BigInt(stated.amountMinor);
      const elsewhereMinor = larger(
        BigInt(stated.refundedElsewhereMinor ?? toMinor(payment.refundedElsewhereMinor)),
        await provenElsewhere(tx, payment),
      );
      const boundMinor = payment.refundedMinor + elsewhereMinor + payment.disputedMinor + payment.reservedMinor;
      if (capturedMinor >= boundMinor) continue;
      await tx.payment.update({
        where: { id: payment.id },
        data: { statedCapturedMinor: capturedMinor, statedElsewhereMinor: elsewhereMinor },
      });
      const data = {
        paymentId: payment.id,
        capturedMinor: toMinor(capturedMinor),
        refundedElsewhereMinor: toMinor(elsewhereMinor),
        boundMinor: toMinor(boundMinor),
      };
      const opened = await openDeskItemOnce(
        tx,
        {
          mode,
          refundId: null,
          kind: 'payment_contradiction',
          dedupKey: `stated:${payment.id}:${capturedMinor}:${elsewhereMinor}`,
          dueAt: null,
          data: { ...data, why: 'stated_beyond_capture' },
        },
        nowIso,
      );
      if (opened)
        await appendSharedAudit(tx, 'notifications', mode, nowIso, [
          { type: 'payment.stated_beyond_capture', actor: { kind: 'system', id: null }, data },
        ]);
    }
  });
}
