-- AlterTable
ALTER TABLE "payments" ADD COLUMN     "ledger_in_flight_minor" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "ledger_refunded_minor" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "ledger_reserved_minor" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "ledger_transfers" (
    "id" BIGSERIAL NOT NULL,
    "mode" "Mode" NOT NULL,
    "payment_id" TEXT NOT NULL,
    "refund_id" TEXT,
    "leg_id" TEXT,
    "attempt" INTEGER,
    "kind" TEXT NOT NULL,
    "debit_account" TEXT NOT NULL,
    "credit_account" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "accounting_currency" TEXT,
    "accounting_rate" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "ledger_transfers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ledger_transfers_payment_id_refund_id_idx" ON "ledger_transfers"("payment_id", "refund_id");

-- CreateIndex
CREATE INDEX "ledger_transfers_mode_at_id_idx" ON "ledger_transfers"("mode", "at", "id");

-- What Prisma does not model. test/store/ledger.test.ts proves each rule.
--
-- A transfer takes its amount from the credited account and gives it to the debited one:
--   captured -> available -> reserved -> in_flight -> refunded, with elsewhere and disputed beside.
-- Triggers on payments, reservations and payment_attempts write them, so no code can move money on these rows without
-- a transfer. What a payment captured, what was refunded elsewhere and what is disputed are its own columns, and each
-- change of them is a transfer. What is reserved and refunded is written by others: the triggers keep the ledger's own
-- sums beside those columns, and at commit they must agree, or nothing of the transaction is kept.

-- Constraints and triggers are written to be cheap: PostgreSQL reads each CHECK and each WHEN anew for every statement,
-- so conditions that are long stand in the functions, which are compiled once a session.

-- 1. Transfers: the legal moves, and whose money a move is of.
ALTER TABLE ledger_transfers
  ADD CONSTRAINT ledger_transfers_amount CHECK (amount_minor > 0),
  ADD CONSTRAINT ledger_transfers_move CHECK (kind || ' ' || debit_account || ' ' || credit_account = ANY (
    '{capture available captured,capture captured available,reserve reserved available,release available reserved,'
    'instruct in_flight reserved,revert reserved in_flight,settle refunded in_flight,return reserved refunded,'
    'elsewhere elsewhere available,elsewhere available elsewhere,dispute disputed available,dispute_won available disputed}'::text[])),
  ADD CONSTRAINT ledger_transfers_refund CHECK ((kind = ANY ('{capture,elsewhere,dispute,dispute_won}'::text[])) = (refund_id IS NULL));

-- 2. A payment: what was captured, refunded elsewhere and disputed. Changes are signed; less is the move turned round.
CREATE FUNCTION ledger_move_payment(of payments, captured bigint, elsewhere bigint, disputed bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_transfers (mode, payment_id, kind, debit_account, credit_account, amount_minor, currency,
    accounting_currency, accounting_rate)
  SELECT of.mode, of.id, m.kind, m.debit, m.credit, m.amount, of.currency, of.accounting_currency, of.accounting_rate
  FROM (VALUES
    (1, 'capture', 'available', 'captured', captured),
    (2, 'elsewhere', 'elsewhere', 'available', elsewhere), (3, 'elsewhere', 'available', 'elsewhere', -elsewhere),
    (4, 'dispute', 'disputed', 'available', disputed), (5, 'dispute_won', 'available', 'disputed', -disputed),
    (6, 'capture', 'captured', 'available', -captured)) AS m (step, kind, debit, credit, amount)
  WHERE m.amount > 0 ORDER BY m.step
$$;

CREATE FUNCTION ledger_of_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.ledger_reserved_minor <> 0 OR NEW.ledger_in_flight_minor <> 0 OR NEW.ledger_refunded_minor <> 0 THEN
      RAISE EXCEPTION 'the ledger is written by its triggers alone' USING ERRCODE = 'restrict_violation';
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    IF pg_trigger_depth() = 1 AND (NEW.ledger_reserved_minor <> OLD.ledger_reserved_minor
      OR NEW.ledger_in_flight_minor <> OLD.ledger_in_flight_minor OR NEW.ledger_refunded_minor <> OLD.ledger_refunded_minor)
    THEN
      RAISE EXCEPTION 'the ledger is written by its triggers alone' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.id = OLD.id AND NEW.mode = OLD.mode AND NEW.currency = OLD.currency THEN
      IF NEW.captured_minor <> OLD.captured_minor OR NEW.refunded_elsewhere_minor <> OLD.refunded_elsewhere_minor
        OR NEW.disputed_minor <> OLD.disputed_minor
      THEN
        PERFORM ledger_move_payment(NEW, NEW.captured_minor - OLD.captured_minor,
          NEW.refunded_elsewhere_minor - OLD.refunded_elsewhere_minor, NEW.disputed_minor - OLD.disputed_minor);
      END IF;
      RETURN NULL;
    END IF;
  END IF;
  -- One that goes, or becomes another while no refund refers to it, is booked out; one that comes is booked in.
  IF TG_OP <> 'INSERT' THEN
    PERFORM ledger_move_payment(OLD, -OLD.captured_minor, -OLD.refunded_elsewhere_minor, -OLD.disputed_minor);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM ledger_move_payment(NEW, NEW.captured_minor, NEW.refunded_elsewhere_minor, NEW.disputed_minor);
  END IF;
  RETURN NULL;
END;
$$;

-- 3. A reservation: what it holds, and what of it is settled. What is settled was in flight; what comes back is held again.
CREATE FUNCTION ledger_of_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_refund text := COALESCE(NEW.refund_id, OLD.refund_id);
  of_payment text := COALESCE(NEW.payment_id, OLD.payment_id);
  settled bigint := COALESCE(NEW.settled_minor, 0) - COALESCE(OLD.settled_minor, 0);
  spoken_for bigint := COALESCE(CASE NEW.state WHEN 'held' THEN NEW.amount_minor ELSE NEW.settled_minor END, 0)
    - COALESCE(CASE OLD.state WHEN 'held' THEN OLD.amount_minor ELSE OLD.settled_minor END, 0);
  of payments;
  of_leg text;
BEGIN
  IF settled = 0 AND spoken_for = 0 THEN RETURN NULL; END IF;
  UPDATE payments SET ledger_reserved_minor = ledger_reserved_minor + spoken_for + GREATEST(-settled, 0),
    ledger_in_flight_minor = ledger_in_flight_minor - GREATEST(settled, 0), ledger_refunded_minor = ledger_refunded_minor + settled
    WHERE id = of_payment RETURNING * INTO of;
  SELECT id INTO of_leg FROM allocations WHERE refund_id = of_refund AND payment_id = of_payment;
  IF settled <> 0 THEN
    INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account,
      amount_minor, currency, accounting_currency, accounting_rate)
    VALUES (of.mode, of_payment, of_refund, of_leg,
      (SELECT number FROM payment_attempts WHERE allocation_id = of_leg ORDER BY status IN ('reserved', 'failed'), number DESC LIMIT 1),
      CASE WHEN settled > 0 THEN 'settle' ELSE 'return' END, CASE WHEN settled > 0 THEN 'refunded' ELSE 'reserved' END,
      CASE WHEN settled > 0 THEN 'in_flight' ELSE 'refunded' END, abs(settled), of.currency,
      of.accounting_currency, of.accounting_rate);
  END IF;
  IF spoken_for <> 0 THEN
    INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, kind, debit_account, credit_account,
      amount_minor, currency, accounting_currency, accounting_rate)
    VALUES (of.mode, of_payment, of_refund, of_leg, CASE WHEN spoken_for > 0 THEN 'reserve' ELSE 'release' END,
      CASE WHEN spoken_for > 0 THEN 'reserved' ELSE 'available' END,
      CASE WHEN spoken_for > 0 THEN 'available' ELSE 'reserved' END, abs(spoken_for), of.currency,
      of.accounting_currency, of.accounting_rate);
  END IF;
  RETURN NULL;
END;
$$;

-- 4. An attempt: in flight from the instant before its first call until it is proven. What is proven to have failed is
-- only reserved again; what succeeded is settled by its reservation. A leg that no payment stands behind has no ledger.
CREATE FUNCTION ledger_of_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_leg text := COALESCE(NEW.allocation_id, OLD.allocation_id);
  of_attempt int := COALESCE(NEW.number, OLD.number);
  sent bigint := COALESCE(CASE WHEN NEW.status NOT IN ('reserved', 'failed') THEN NEW.amount_minor END, 0)
    - COALESCE(CASE WHEN OLD.status NOT IN ('reserved', 'failed') THEN OLD.amount_minor END, 0);
BEGIN
  IF sent = 0 THEN RETURN NULL; END IF;
  WITH p AS (
    UPDATE payments p SET ledger_reserved_minor = p.ledger_reserved_minor - sent,
      ledger_in_flight_minor = p.ledger_in_flight_minor + sent
    FROM allocations a WHERE a.id = of_leg AND p.id = a.payment_id
    RETURNING p.id, p.mode, p.currency, p.accounting_currency, p.accounting_rate, a.refund_id)
  INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account,
    amount_minor, currency, accounting_currency, accounting_rate)
  SELECT p.mode, p.id, p.refund_id, of_leg, of_attempt, CASE WHEN sent > 0 THEN 'instruct' ELSE 'revert' END,
    CASE WHEN sent > 0 THEN 'in_flight' ELSE 'reserved' END, CASE WHEN sent > 0 THEN 'reserved' ELSE 'in_flight' END,
    abs(sent), p.currency, p.accounting_currency, p.accounting_rate
  FROM p;
  RETURN NULL;
END;
$$;

-- 5. At commit: the columns are what the ledger says, and nothing was taken that was not there.
CREATE FUNCTION ledger_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Every version of the row comes here, the last one too: only of one that differs must be asked what became of it.
  IF NEW.ledger_reserved_minor + NEW.ledger_in_flight_minor = NEW.reserved_minor AND NEW.ledger_refunded_minor = NEW.refunded_minor
    AND NEW.ledger_reserved_minor >= 0 AND NEW.ledger_in_flight_minor >= 0
  THEN
    RETURN NULL;
  END IF;
  PERFORM FROM payments WHERE id = NEW.id
    AND (ledger_reserved_minor + ledger_in_flight_minor <> reserved_minor OR ledger_refunded_minor <> refunded_minor
      OR ledger_reserved_minor < 0 OR ledger_in_flight_minor < 0);
  IF FOUND THEN
    RAISE EXCEPTION 'payment % is not what its ledger says', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_is_payment', TABLE = 'payments';
  END IF;
  RETURN NULL;
END;
$$;

-- 6. What was there before: the transfers that its rows tell of, at the times that they tell.
INSERT INTO ledger_transfers (mode, payment_id, refund_id, leg_id, attempt, kind, debit_account, credit_account, amount_minor,
  currency, accounting_currency, accounting_rate, at)
SELECT p.mode, p.id, m.refund_id, m.leg_id, m.attempt, m.kind, m.debit, m.credit, m.amount,
  p.currency, p.accounting_currency, p.accounting_rate, m.at
FROM payments p CROSS JOIN LATERAL (
  SELECT 1 AS step, NULL AS refund_id, NULL AS leg_id, NULL::int AS attempt, 'capture' AS kind, 'available' AS debit,
      'captured' AS credit, p.captured_minor AS amount, p.created_at AS at
  UNION ALL SELECT 2, NULL, NULL, NULL, 'elsewhere', 'elsewhere', 'available', p.refunded_elsewhere_minor, p.updated_at
  UNION ALL SELECT 3, NULL, NULL, NULL, 'dispute', 'disputed', 'available', p.disputed_minor, p.updated_at
  UNION ALL SELECT 4, r.refund_id, a.id, NULL, 'reserve', 'reserved', 'available', r.amount_minor, r.created_at
    FROM reservations r LEFT JOIN allocations a ON a.refund_id = r.refund_id AND a.payment_id = r.payment_id
    WHERE r.payment_id = p.id
  UNION ALL SELECT 5, a.refund_id, a.id, t.number, 'instruct', 'in_flight', 'reserved', t.amount_minor, COALESCE(t.instructed_at, t.updated_at)
    FROM allocations a JOIN payment_attempts t ON t.allocation_id = a.id
    WHERE a.payment_id = p.id AND t.status IN ('instructed', 'pending', 'unknown', 'succeeded')
  UNION ALL SELECT 6, r.refund_id, a.id, t.number, 'settle', 'refunded', 'in_flight', r.settled_minor, COALESCE(t.settled_at, r.ended_at, p.updated_at)
    FROM reservations r LEFT JOIN allocations a ON a.refund_id = r.refund_id AND a.payment_id = r.payment_id
    LEFT JOIN payment_attempts t ON t.allocation_id = a.id AND t.status = 'succeeded'
    WHERE r.payment_id = p.id
  UNION ALL SELECT 7, r.refund_id, a.id, NULL, 'release', 'available', 'reserved', r.amount_minor - r.settled_minor, r.ended_at
    FROM reservations r LEFT JOIN allocations a ON a.refund_id = r.refund_id AND a.payment_id = r.payment_id
    WHERE r.payment_id = p.id AND r.state <> 'held'
) m
WHERE m.amount > 0
ORDER BY m.at, p.id, m.step;

UPDATE payments p SET ledger_reserved_minor = s.reserved, ledger_in_flight_minor = s.in_flight, ledger_refunded_minor = s.refunded
FROM (
  SELECT t.payment_id, COALESCE(sum(e.amount) FILTER (WHERE e.account = 'reserved'), 0) AS reserved,
    COALESCE(sum(e.amount) FILTER (WHERE e.account = 'in_flight'), 0) AS in_flight,
    COALESCE(sum(e.amount) FILTER (WHERE e.account = 'refunded'), 0) AS refunded
  FROM ledger_transfers t
  CROSS JOIN LATERAL (VALUES (t.debit_account, t.amount_minor), (t.credit_account, -t.amount_minor)) AS e (account, amount)
  GROUP BY t.payment_id
) s
WHERE s.payment_id = p.id;

DO $$
DECLARE
  wrong text;
BEGIN
  SELECT string_agg(id, ', ' ORDER BY id) INTO wrong FROM payments
    WHERE ledger_reserved_minor + ledger_in_flight_minor <> reserved_minor OR ledger_refunded_minor <> refunded_minor
      OR ledger_reserved_minor < 0 OR ledger_in_flight_minor < 0;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'these payments are not what their reservations and attempts say; a person must repair them first: %', wrong;
  END IF;
END;
$$;

-- 7. From here on.
CREATE TRIGGER ledger_of_payment AFTER INSERT OR UPDATE OR DELETE ON payments
  FOR EACH ROW EXECUTE FUNCTION ledger_of_payment();
CREATE TRIGGER ledger_of_reservation AFTER INSERT OR UPDATE OR DELETE ON reservations
  FOR EACH ROW EXECUTE FUNCTION ledger_of_reservation();
CREATE TRIGGER ledger_of_attempt AFTER INSERT OR UPDATE OR DELETE ON payment_attempts
  FOR EACH ROW EXECUTE FUNCTION ledger_of_attempt();
CREATE CONSTRAINT TRIGGER ledger_is_payment AFTER INSERT OR UPDATE ON payments DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_check();

-- 8. Nobody but the triggers writes transfers, and what is written stays.
CREATE FUNCTION refuse_ledger_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() = 1 THEN
    RAISE EXCEPTION 'the ledger is written by its triggers alone' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END;
$$;
CREATE TRIGGER ledger_transfers_by_triggers BEFORE INSERT ON ledger_transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_write();
CREATE TRIGGER ledger_transfers_append_only BEFORE UPDATE OR DELETE ON ledger_transfers
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transfers_no_truncate BEFORE TRUNCATE ON ledger_transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 9. The ledger's sums are updates of the payment, so what each of those costs is kept small: the same rules as before in
-- a form that is read and judged more quickly. And a payment that a refund refers to keeps its id and mode too.
ALTER TABLE payments
  DROP CONSTRAINT payments_amounts_not_negative,
  ADD CONSTRAINT payments_amounts_not_negative CHECK (
    LEAST(captured_minor, refunded_minor, refunded_elsewhere_minor, disputed_minor, reserved_minor) >= 0);
CREATE OR REPLACE FUNCTION refuse_payment_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.mode, NEW.provider, NEW.merchant_account, NEW.provider_payment_id, NEW.method, NEW.currency, NEW.order_id)
     IS DISTINCT FROM
     (OLD.id, OLD.mode, OLD.provider, OLD.merchant_account, OLD.provider_payment_id, OLD.method, OLD.currency, OLD.order_id)
  THEN
    -- A query costs more than a comparison: it is asked only when something has changed.
    IF EXISTS (SELECT 1 FROM allocations WHERE payment_id = OLD.id) THEN
      RAISE EXCEPTION 'payment % is referred to by a refund', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
  END IF;
  RETURN NEW;
END;
$$;
