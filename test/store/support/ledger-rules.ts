/** The constraints and triggers of the ledger: test/store/ledger.test.ts tries each, together with what they rest on, and test/store/amounts.test.ts the exchange. */
export const LEDGER_RULES: readonly string[] = [
  'ledger_is_payment',
  'ledger_of_attempt',
  'ledger_of_exchange',
  'ledger_of_payment',
  'ledger_of_reservation',
  'ledger_transfers_amount',
  'ledger_transfers_append_only',
  'ledger_transfers_by_triggers',
  'ledger_transfers_move',
  'ledger_transfers_no_truncate',
  'ledger_transfers_refund',
];
