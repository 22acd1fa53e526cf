-- AlterTable
ALTER TABLE "allocations" ADD COLUMN     "accounting_currency" TEXT,
ADD COLUMN     "accounting_minor" BIGINT,
ADD COLUMN     "accounting_rate" TEXT,
ADD COLUMN     "exchange_difference_minor" BIGINT,
ADD COLUMN     "settlement_rate" TEXT;

-- AlterTable
ALTER TABLE "refunds" ADD COLUMN     "amounts" JSONB;

-- 1. What an amount is made of comes to that amount, whatever wrote it.
CREATE FUNCTION breakdown_minor(amounts jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (amounts->>'shippingMinor')::bigint + (amounts->>'unattributedMinor')::bigint
    + COALESCE((SELECT sum((line->>'goodsMinor')::bigint - (line->>'discountMinor')::bigint + (line->>'taxMinor')::bigint)
                FROM jsonb_array_elements(amounts->'lines') line), 0)::bigint
    - COALESCE((SELECT sum((deduction->>'amountMinor')::bigint)
                FROM jsonb_array_elements(amounts->'deductions') deduction), 0)::bigint
$$;
ALTER TABLE refunds ADD CONSTRAINT amounts_total CHECK (
  amounts IS NULL OR COALESCE((amounts->>'totalMinor')::bigint = amount_minor, false));

-- The sum is looked at when the breakdown is written, not at every step of the refund.
CREATE FUNCTION refuse_wrong_breakdown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF breakdown_minor(NEW.amounts) IS DISTINCT FROM NEW.amount_minor THEN
    RAISE EXCEPTION 'the breakdown of refund % does not come to its amount', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER amounts_breakdown_inserted BEFORE INSERT ON refunds
  FOR EACH ROW WHEN (NEW.amounts IS NOT NULL) EXECUTE FUNCTION refuse_wrong_breakdown();
CREATE TRIGGER amounts_breakdown_changed BEFORE UPDATE OF amounts ON refunds
  FOR EACH ROW WHEN (NEW.amounts IS NOT NULL AND NEW.amounts IS DISTINCT FROM OLD.amounts)
  EXECUTE FUNCTION refuse_wrong_breakdown();

-- 2. The books: an amount stands with its currency and rate, a difference with the rate that made it, on what was paid.
ALTER TABLE allocations
  ADD CONSTRAINT amounts_accounting CHECK (
    num_nulls(accounting_currency, accounting_rate, accounting_minor) IN (0, 3)
    AND (accounting_minor IS NULL OR accounting_minor >= 0)
    AND (accounting_currency IS NULL OR accounting_currency ~ '^[A-Z]{3}$')),
  ADD CONSTRAINT amounts_exchange CHECK (
    num_nulls(settlement_rate, exchange_difference_minor) IN (0, 2)
    AND (exchange_difference_minor IS NULL OR accounting_minor IS NOT NULL));

CREATE FUNCTION refuse_accounting_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.accounting_currency, NEW.accounting_rate) IS DISTINCT FROM (OLD.accounting_currency, OLD.accounting_rate) THEN
    RAISE EXCEPTION 'allocation % keeps the rate of its acceptance', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.accounting_minor IS DISTINCT FROM OLD.accounting_minor AND OLD.status <> 'reserved' THEN
    RAISE EXCEPTION 'allocation % keeps its amount in the books once instructed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.settlement_rate, NEW.exchange_difference_minor) IS DISTINCT FROM (OLD.settlement_rate, OLD.exchange_difference_minor)
     AND (OLD.settlement_rate IS NOT NULL OR OLD.status <> 'succeeded') THEN
    RAISE EXCEPTION 'allocation % books its exchange difference once, when it was paid', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER amounts_accounting_frozen
  BEFORE UPDATE OF accounting_currency, accounting_rate, accounting_minor, settlement_rate, exchange_difference_minor
  ON allocations FOR EACH ROW EXECUTE FUNCTION refuse_accounting_change();
