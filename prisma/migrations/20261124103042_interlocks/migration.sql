-- AlterTable
ALTER TABLE "payments" ADD COLUMN     "stated_captured_minor" BIGINT,
ADD COLUMN     "stated_elsewhere_minor" BIGINT;

-- CreateTable
CREATE TABLE "payout_stops" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "scope" TEXT NOT NULL,
    "provider" TEXT,
    "merchant_account" TEXT,
    "branch" TEXT,
    "reason" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'proposed',
    "proposed_by" TEXT NOT NULL,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_by" TEXT,
    "confirmed_at" TIMESTAMPTZ(3),
    "lift_proposed_by" TEXT,
    "lift_proposed_at" TIMESTAMPTZ(3),
    "lift_confirmed_by" TEXT,
    "lift_confirmed_at" TIMESTAMPTZ(3),

    CONSTRAINT "payout_stops_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payout_limits" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "kind" TEXT NOT NULL,
    "provider" TEXT,
    "merchant_account" TEXT,
    "currency" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "state" TEXT NOT NULL DEFAULT 'proposed',
    "proposed_by" TEXT NOT NULL,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_by" TEXT,
    "confirmed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "payout_limits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refund_accounts" (
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "balance_minor" BIGINT NOT NULL,
    "as_of" TIMESTAMPTZ(3) NOT NULL,
    "declared_by" TEXT NOT NULL,
    "declared_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "refund_accounts_pkey" PRIMARY KEY ("mode","provider","merchant_account","currency")
);

-- CreateTable
CREATE TABLE "disputes" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "provider_dispute_id" TEXT NOT NULL,
    "provider_payment_ids" TEXT[],
    "payment_id" TEXT,
    "status" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "reason_code" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "disputes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "payout_stops_mode_state_idx" ON "payout_stops"("mode", "state");

-- CreateIndex
CREATE INDEX "payout_limits_mode_state_idx" ON "payout_limits"("mode", "state");

-- CreateIndex
CREATE INDEX "disputes_payment_id_idx" ON "disputes"("payment_id");

-- CreateIndex
CREATE INDEX "disputes_provider_payment_ids_idx" ON "disputes" USING GIN ("provider_payment_ids");

-- CreateIndex
CREATE UNIQUE INDEX "disputes_mode_provider_merchant_account_provider_dispute_id_key" ON "disputes"("mode", "provider", "merchant_account", "provider_dispute_id");

-- CreateIndex
CREATE INDEX "payment_attempts_instructed_at_idx" ON "payment_attempts"("instructed_at");

-- AddForeignKey
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payments"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What follows is by hand: test/store/interlock-invariants.test.ts proves each.

-- 1. Two persons put a stop in force, and two lift it; what happened to one is never undone.
ALTER TABLE payout_stops
  ADD CONSTRAINT payout_stops_scope CHECK (
    (scope = 'all' AND provider IS NULL AND merchant_account IS NULL AND branch IS NULL)
    OR (scope = 'provider' AND provider IS NOT NULL AND merchant_account IS NULL AND branch IS NULL)
    OR (scope = 'merchant_account' AND provider IS NOT NULL AND merchant_account IS NOT NULL AND branch IS NULL)
    OR (scope = 'branch' AND provider IS NULL AND merchant_account IS NULL AND branch IS NOT NULL)),
  ADD CONSTRAINT payout_stops_two_persons CHECK (
    (state = 'proposed' AND confirmed_by IS NULL AND lift_proposed_by IS NULL AND lift_confirmed_by IS NULL)
    OR (state = 'active' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by AND lift_confirmed_by IS NULL)
    OR (state = 'lifted' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by
        AND lift_proposed_by IS NOT NULL AND lift_confirmed_by IS NOT NULL AND lift_confirmed_by <> lift_proposed_by));

CREATE FUNCTION refuse_payout_stop_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state = 'lifted' OR (OLD.state = 'active' AND NEW.state = 'proposed')
     OR (NEW.mode, NEW.scope, NEW.provider, NEW.merchant_account, NEW.branch, NEW.proposed_by)
        IS DISTINCT FROM (OLD.mode, OLD.scope, OLD.provider, OLD.merchant_account, OLD.branch, OLD.proposed_by)
     OR (OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by) THEN
    RAISE EXCEPTION 'payout stop % stays what it was', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER payout_stops_go_on BEFORE UPDATE OR DELETE ON payout_stops
  FOR EACH ROW EXECUTE FUNCTION refuse_payout_stop_return();

-- 2. A limit is one person's proposal and another's word; one of a kind is in force for a scope.
ALTER TABLE payout_limits
  ADD CONSTRAINT payout_limits_kind CHECK (kind IN ('daily_cap', 'exposure', 'floor')),
  ADD CONSTRAINT payout_limits_currency CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT payout_limits_amount CHECK (amount_minor IS NULL OR amount_minor >= 0),
  ADD CONSTRAINT payout_limits_scope CHECK (
    (merchant_account IS NULL OR provider IS NOT NULL)
    AND (kind <> 'floor' OR (provider IS NOT NULL AND merchant_account IS NOT NULL))),
  ADD CONSTRAINT payout_limits_two_persons CHECK (
    (state = 'proposed' AND confirmed_by IS NULL AND ended_at IS NULL)
    OR (state = 'active' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by AND ended_at IS NULL)
    OR (state = 'replaced' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by AND ended_at IS NOT NULL));
CREATE UNIQUE INDEX payout_limits_one_active
  ON payout_limits (mode, kind, COALESCE(provider, ''), COALESCE(merchant_account, ''), currency) WHERE state = 'active';

ALTER TABLE refund_accounts ADD CONSTRAINT refund_accounts_currency CHECK (currency ~ '^[A-Z]{3}$');

-- 3. Disputes.
ALTER TABLE disputes
  ADD CONSTRAINT disputes_status CHECK (status IN ('open', 'won', 'lost')),
  ADD CONSTRAINT disputes_closed CHECK ((status = 'open') = (closed_at IS NULL)),
  ADD CONSTRAINT disputes_amount CHECK (amount_minor >= 0),
  ADD CONSTRAINT disputes_currency CHECK (currency ~ '^[A-Z]{3}$');

-- Money that a dispute claims and that was spoken for is claimed as soon as it is given back: the cap counts it then,
-- so that no other refund can take it.
CREATE FUNCTION claim_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE claimed bigint;
BEGIN
  SELECT COALESCE(sum(amount_minor), 0) INTO claimed FROM disputes
    WHERE payment_id = NEW.id AND status IN ('open', 'lost') AND currency = NEW.currency;
  NEW.disputed_minor := GREATEST(NEW.disputed_minor,
    LEAST(claimed, NEW.captured_minor - NEW.refunded_minor - NEW.refunded_elsewhere_minor - NEW.reserved_minor));
  RETURN NEW;
END;
$$;
CREATE TRIGGER payments_claim_disputed BEFORE UPDATE ON payments
  FOR EACH ROW WHEN (
    NEW.reserved_minor + NEW.refunded_minor < OLD.reserved_minor + OLD.refunded_minor
    OR NEW.captured_minor > OLD.captured_minor
    OR NEW.refunded_elsewhere_minor < OLD.refunded_elsewhere_minor)
  EXECUTE FUNCTION claim_disputed();

ALTER TABLE payments ADD CONSTRAINT payments_stated_not_negative CHECK (
  (stated_captured_minor IS NULL OR stated_captured_minor >= 0)
  AND (stated_elsewhere_minor IS NULL OR stated_elsewhere_minor >= 0));

-- 4. What is under way is few among many.
CREATE INDEX payment_attempts_in_flight ON payment_attempts (allocation_id) WHERE status IN ('instructed', 'pending', 'unknown');

-- 5. An attempt that its provider refused for want of money waits as reserved; its amount is as fixed as its reference.
CREATE OR REPLACE FUNCTION refuse_reference_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.reference <> OLD.reference
     OR NEW.amount_minor <> OLD.amount_minor AND (OLD.status <> 'reserved' OR OLD.instructed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'attempt % keeps its reference, and its amount once instructed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
