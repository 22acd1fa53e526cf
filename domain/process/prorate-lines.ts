import { proportionOf, shareOfPieces, sumMinor } from '../money';
import { lineAt, lineMinor, type BreakdownLine, type ShippingRule } from '../refund';

/** A line of the order: what all its pieces cost, and what refunds have taken of it. */
export interface LineToProrate {
  id: string;
  externalId: string;
  quantity: number;
  /** Unit price times quantity; less the discount and with the tax it is what the line cost. */
  goodsMinor: number;
  discountMinor: number;
  taxMinor: number;
  takenQuantity: number;
  takenMinor: number;
}

/** What named pieces of a line can be refunded, at most. */
export interface ProratedLine extends BreakdownLine {
  lineId: string;
}

/**
 * The share of the next `quantity` pieces of a line: each part of its price by the pieces before and after, so that
 * refunds one after another sum to the line exactly and the last pieces carry whatever is left of it, the remainders of
 * rounding and what earlier refunds did not use included. Never more than is left.
 * @throws RangeError for more pieces than are left
 */
export function prorateLine(line: LineToProrate, quantity: number): ProratedLine {
  const from = line.takenQuantity;
  const to = from + quantity;
  const fullMinor = lineMinor(line);
  const upTo = (count: number): { netMinor: number; taxMinor: number } => {
    const netMinor = shareOfPieces(fullMinor, 0, count, line.quantity);
    // Tax follows the money, not the count: so goods less discount can never turn negative for a piece.
    return { netMinor, taxMinor: fullMinor === 0 ? 0 : proportionOf(line.taxMinor, netMinor, fullMinor) };
  };
  const before = upTo(from);
  const after = upTo(to);
  const netMinor = after.netMinor - before.netMinor;
  const taxMinor = after.taxMinor - before.taxMinor;
  const discountMinor = shareOfPieces(line.discountMinor, from, to, line.quantity);
  const leftMinor = fullMinor - line.takenMinor;
  const share = {
    lineId: line.id,
    externalId: line.externalId,
    quantity,
    goodsMinor: netMinor - taxMinor + discountMinor,
    discountMinor,
    taxMinor,
  };
  return lineAt(share, to === line.quantity ? leftMinor : Math.min(netMinor, leftMinor));
}

/**
 * What of the order's shipping named lines can be refunded, at most, by the policy's rule.
 * - `none`: nothing.
 * - `proportional`: the share of the named pieces in the price of all lines, rounded down; the refund that takes the
 *   last pieces of the order carries what is left.
 * - `full_on_complete_return`: what is left, with the refund that takes the last pieces of the order; else nothing.
 */
export function prorateShipping(
  rule: ShippingRule,
  order: { shippingMinor: number; shippingTakenMinor: number; lines: readonly LineToProrate[] },
  named: readonly ProratedLine[],
): number {
  const leftMinor = Math.max(0, order.shippingMinor - order.shippingTakenMinor);
  const isComplete = order.lines.every(
    (line) => line.takenQuantity + (named.find((one) => one.lineId === line.id)?.quantity ?? 0) === line.quantity,
  );
  switch (rule) {
    case 'none':
      return 0;
    case 'full_on_complete_return':
      return isComplete ? leftMinor : 0;
    case 'proportional': {
      if (isComplete) return leftMinor;
      const wholeMinor = sumMinor(order.lines.map(lineMinor));
      const namedMinor = Math.min(wholeMinor, sumMinor(named.map(lineMinor)));
      return wholeMinor === 0 ? 0 : Math.min(leftMinor, proportionOf(order.shippingMinor, namedMinor, wholeMinor));
    }
  }
}
