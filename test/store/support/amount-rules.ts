import { set, type Rules } from './prove-rules';

const idOf = (row: string): string => `(SELECT id FROM refunds WHERE metadata ->> 'row' = '${row}')`;
const RESERVED = `refund_id = ${idOf('reserved')}`;
const PAID = `refund_id = ${idOf('paid')}`;

/** Of two accepted refunds with a leg in the books, the one whose leg is still reserved and the one whose leg is paid. */
export const amountRows = (reservedId: string, paidId: string): string => `
  UPDATE refunds SET metadata = '{"row": "reserved"}' WHERE id = '${reservedId}';
  UPDATE refunds SET metadata = '{"row": "paid"}' WHERE id = '${paidId}';
  UPDATE allocations SET status = 'succeeded' WHERE ${PAID}`;

const amounts = (change: string): string => set('refunds', `amounts = ${change} WHERE metadata ->> 'row' = 'reserved'`);
const leg = (change: string, which = RESERVED): string => set('allocations', `${change} WHERE ${which}`);
const copy = (shippingMinor: number): string => `
  INSERT INTO refunds SELECT (jsonb_populate_record(r, jsonb_build_object('id', 'rf_new',
    'amounts', jsonb_set(r.amounts, '{shippingMinor}', '${shippingMinor}')))).* FROM refunds r WHERE metadata ->> 'row' = 'reserved'`;
const newLeg = (accounting: string): string => `
  INSERT INTO allocations (id, mode, refund_id, payment_id, position, amount_minor, status, accounting_currency,
    accounting_rate, accounting_minor)
  SELECT 'al_new', a.mode, a.refund_id, b.payment_id, 9, 1, 'reserved', ${accounting}
  FROM allocations a JOIN allocations b ON b.${PAID} AND b.position = 0 WHERE a.${RESERVED} AND a.position = 0`;

const exchange = (rate: string, differenceMinor: number): string =>
  `settlement_rate = '${rate}', exchange_difference_minor = ${differenceMinor}, exchange_booked_at = now()`;

export const AMOUNT_RULES: Rules = {
  amounts_total: {
    refused: [
      set('refunds', `amount_minor = amount_minor - 1 WHERE metadata ->> 'row' = 'reserved'`),
      amounts(`amounts - 'totalMinor'`),
      amounts(`jsonb_set(amounts, '{totalMinor}', '1')`),
    ],
    legal: [amounts('NULL')],
  },
  amounts_breakdown_changed: {
    refused: [
      amounts(`jsonb_set(amounts, '{shippingMinor}', '799')`),
      amounts(`jsonb_set(amounts, '{unattributedMinor}', '1')`),
      amounts(`jsonb_set(amounts, '{lines,0,taxMinor}', '1')`),
      amounts(`jsonb_set(amounts, '{deductions}', '[{"amountMinor": 1}]')`),
      amounts(`amounts - 'shippingMinor'`),
    ],
    legal: [
      amounts(`jsonb_set(jsonb_set(amounts, '{shippingMinor}', '799'), '{unattributedMinor}', '1')`),
      amounts(`jsonb_set(jsonb_set(amounts, '{unattributedMinor}', '5'), '{deductions}', '[{"amountMinor": 5}]')`),
    ],
  },
  amounts_breakdown_inserted: { refused: [copy(799)], legal: [copy(800)] },
  amounts_accounting: {
    refused: [
      newLeg(`NULL, NULL, 1`),
      newLeg(`'USD', NULL, 1`),
      newLeg(`'USD', '0.1', NULL`),
      newLeg(`'USD', '0.1', -1`),
      newLeg(`'usd', '0.1', 1`),
    ],
    legal: [newLeg(`'USD', '0.1', 1`), newLeg('NULL, NULL, NULL')],
  },
  amounts_exchange: {
    refused: [
      leg('exchange_difference_minor = 1', PAID),
      leg(`settlement_rate = '1'`, PAID),
      leg(`settlement_rate = '1', exchange_difference_minor = 1`, PAID),
      leg(`exchange_booked_at = now()`, PAID),
      [leg(exchange('1', 1), PAID), leg(`status = 'returned'`, PAID)],
    ],
    legal: [
      leg(exchange('1', -5), PAID),
      [
        leg(exchange('1', 1), PAID),
        leg(
          `status = 'returned', settlement_rate = NULL, exchange_difference_minor = NULL, exchange_booked_at = NULL`,
          PAID,
        ),
      ],
    ],
  },
  amounts_accounting_frozen: {
    refused: [
      leg(`accounting_rate = '1'`),
      leg(`accounting_currency = 'EUR'`),
      leg('accounting_minor = 1', PAID),
      leg(exchange('1', 1)),
      [leg(exchange('1', 1), PAID), leg(exchange('2', 2), PAID)],
      [leg(exchange('1', 1), PAID), leg(`exchange_booked_at = exchange_booked_at + interval '1 day'`, PAID)],
    ],
    legal: [leg('accounting_minor = 1'), leg(exchange('1', 1), PAID)],
  },
};

/** A trigger says why in words, not by a name of its own. */
export const AMOUNT_WORDS: Record<string, RegExp> = {
  amounts_breakdown_changed: /^the breakdown of refund \S+ does not come to its amount$/,
  amounts_breakdown_inserted: /^the breakdown of refund \S+ does not come to its amount$/,
  amounts_accounting_frozen: /^allocation \S+ (keeps|books)/,
};
