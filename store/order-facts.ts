import type { Db } from './client';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';
import type { Fragment } from './rows';

/**
 * What a decision about a refund of an order rests on, as its shop states it now, in one value that can be compared: shipping,
 * branch, jurisdiction, when it was placed, and its lines as one hash. Payments are not of it: the interlocks look at them.
 * @param orderId in the words of the query around it
 */
export const orderFacts = (orderId: Fragment): Fragment => Prisma.sql`
  (SELECT jsonb_build_object('shippingMinor', of.shipping_minor, 'branch', of.branch, 'jurisdiction', of.jurisdiction,
      'placedAt', to_char(of.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'lines', (SELECT encode(sha256(convert_to(COALESCE(jsonb_agg(jsonb_build_array(ol.external_id, ol.sku, ol.name, ol.category,
          ol.quantity, ol.unit_price_minor, ol.discount_minor, ol.tax_minor, ol.attributes) ORDER BY ol.external_id)::text, ''),
          'UTF8')), 'hex') FROM order_lines ol WHERE ol.order_id = of.id))
    FROM orders of WHERE of.id = ${orderId})`;

/** Refunds that are not decided yet (`restsOnOrder`) and whose order is not what their snapshot says. */
export async function listRefundsOfChangedOrder(db: Db, mode: Mode, externalId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT f.id FROM refunds f JOIN orders o ON o.id = f.order_id
    WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${externalId} AND f.status IN ('in_review', 'awaiting_customer')
      AND f.process -> 'answer' ->> 'kind' IS DISTINCT FROM 'offer'
      AND jsonb_exists(f.snapshot, 'order') AND f.snapshot -> 'order' <> ${orderFacts(Prisma.sql`o.id`)}
    ORDER BY f.id`;
  return rows.map(({ id }) => id);
}
