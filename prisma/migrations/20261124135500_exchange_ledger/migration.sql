-- AlterTable
ALTER TABLE "allocations" ADD COLUMN     "exchange_booked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "settlement_lines" ADD COLUMN     "settled_currency" TEXT,
ADD COLUMN     "settled_minor" BIGINT,
ADD COLUMN     "settled_rate" TEXT;

-- By hand. test/store/invariants-amounts.test.ts, invariants-reconciliation.test.ts and ledger.test.ts prove each rule.

-- 1. A settlement in another currency is told as a whole.
ALTER TABLE settlement_lines
  ADD CONSTRAINT settlement_lines_settled CHECK (
    num_nulls(settled_currency, settled_minor, settled_rate) IN (0, 3)
    AND (settled_minor IS NULL OR settled_minor > 0) AND (settled_currency IS NULL OR settled_currency <> currency));

-- 2. A booked difference has its time, and stands on a leg that is paid: money that comes back takes it along.
UPDATE allocations a SET exchange_booked_at = COALESCE((
    SELECT max(e.at) FROM audit_events e
    WHERE e.refund_id = a.refund_id AND e.type = 'payment.exchange_booked' AND e.data ->> 'legId' = a.id), clock_timestamp())
  WHERE a.settlement_rate IS NOT NULL AND a.status = 'succeeded';
ALTER TABLE allocations DISABLE TRIGGER amounts_accounting_frozen;
UPDATE allocations SET settlement_rate = NULL, exchange_difference_minor = NULL
  WHERE settlement_rate IS NOT NULL AND status <> 'succeeded';
ALTER TABLE allocations ENABLE TRIGGER amounts_accounting_frozen;
ALTER TABLE allocations
  DROP CONSTRAINT amounts_exchange,
  ADD CONSTRAINT amounts_exchange CHECK (
    num_nulls(settlement_rate, exchange_difference_minor, exchange_booked_at) IN (0, 3)
    AND (exchange_difference_minor IS NULL OR (accounting_minor IS NOT NULL AND status = 'succeeded')));

CREATE OR REPLACE FUNCTION refuse_accounting_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.accounting_currency, NEW.accounting_rate) IS DISTINCT FROM (OLD.accounting_currency, OLD.accounting_rate) THEN
    RAISE EXCEPTION 'allocation % keeps the rate of its acceptance', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.accounting_minor IS DISTINCT FROM OLD.accounting_minor AND OLD.status <> 'reserved' THEN
    RAISE EXCEPTION 'allocation % keeps its amount in the books once instructed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.settlement_rate, NEW.exchange_difference_minor, NEW.exchange_booked_at)
       IS DISTINCT FROM (OLD.settlement_rate, OLD.exchange_difference_minor, OLD.exchange_booked_at)
     AND NEW.status <> 'returned' AND (OLD.settlement_rate IS NOT NULL OR OLD.status <> 'succeeded') THEN
    RAISE EXCEPTION 'allocation % books its exchange difference once, when it was paid', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
DROP TRIGGER amounts_accounting_frozen ON allocations;
CREATE TRIGGER amounts_accounting_frozen
  BEFORE UPDATE OF accounting_currency, accounting_rate, accounting_minor, settlement_rate, exchange_difference_minor,
    exchange_booked_at
  ON allocations FOR EACH ROW EXECUTE FUNCTION refuse_accounting_change();

-- 3. The ledger has each difference as a transfer in the currency of the books, between an account for differences and one
-- for what providers settled beside the books: a loss one way, a gain the other, and what money that came back takes
-- along in turn. No account of a payment is moved by it.
ALTER TABLE ledger_transfers
  DROP CONSTRAINT ledger_transfers_move,
  ADD CONSTRAINT ledger_transfers_move CHECK (kind || ' ' || debit_account || ' ' || credit_account = ANY (
    '{capture available captured,capture captured available,reserve reserved available,release available reserved,'
    'instruct in_flight reserved,revert reserved in_flight,settle refunded in_flight,return reserved refunded,'
    'elsewhere elsewhere available,elsewhere available elsewhere,dispute disputed available,dispute_won available disputed,'
    'exchange exchange settlement,exchange settlement exchange}'::text[]));

CREATE FUNCTION ledger_of_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  loss bigint := COALESCE(NEW.exchange_difference_minor, 0) - COALESCE(OLD.exchange_difference_minor, 0);
BEGIN
  IF loss = 0 THEN RETURN NULL; END IF;
  INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account,
    amount_minor, currency, accounting_currency, accounting_rate)
  VALUES (NEW.mode, NEW.payment_id, NEW.refund_id, NEW.id,
    (SELECT max(number) FROM payment_attempts WHERE allocation_id = NEW.id AND status IN ('succeeded', 'returned')), 'exchange',
    CASE WHEN loss > 0 THEN 'exchange' ELSE 'settlement' END, CASE WHEN loss > 0 THEN 'settlement' ELSE 'exchange' END,
    abs(loss), NEW.accounting_currency, NEW.accounting_currency, '1');
  RETURN NULL;
END;
$$;

-- What was booked before is a transfer of now: a period that is over gets no further rows.
ALTER TABLE ledger_transfers DISABLE TRIGGER ledger_transfers_by_triggers;
INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account, amount_minor,
  currency, accounting_currency, accounting_rate)
SELECT a.mode, a.payment_id, a.refund_id, a.id,
  (SELECT max(number) FROM payment_attempts WHERE allocation_id = a.id AND status = 'succeeded'), 'exchange',
  CASE WHEN a.exchange_difference_minor > 0 THEN 'exchange' ELSE 'settlement' END,
  CASE WHEN a.exchange_difference_minor > 0 THEN 'settlement' ELSE 'exchange' END,
  abs(a.exchange_difference_minor), a.accounting_currency, a.accounting_currency, '1'
FROM allocations a WHERE a.exchange_difference_minor <> 0 ORDER BY a.exchange_booked_at, a.id;
ALTER TABLE ledger_transfers ENABLE TRIGGER ledger_transfers_by_triggers;

CREATE TRIGGER ledger_of_exchange AFTER UPDATE OF exchange_difference_minor ON allocations
  FOR EACH ROW EXECUTE FUNCTION ledger_of_exchange();
