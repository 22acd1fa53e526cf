-- CreateTable
CREATE TABLE "reconciliation_runs" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "request_key" TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    "command_id" TEXT,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "code" TEXT,
    "counts" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "loaded_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "reconciliation_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "settlement_lines" (
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "reference" TEXT,
    "provider_refund_id" TEXT,
    "provider_payment_ids" TEXT[],
    "amount_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "fee_minor" BIGINT,

    CONSTRAINT "settlement_lines_pkey" PRIMARY KEY ("mode","provider","merchant_account","day","key")
);

-- CreateTable
CREATE TABLE "reconciliation_differences" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "reference" TEXT,
    "provider_refund_id" TEXT,
    "refund_id" TEXT,
    "payment_id" TEXT,
    "leg_id" TEXT,
    "data" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'open',
    "occurrence" INTEGER NOT NULL DEFAULT 1,
    "desk_item_id" TEXT,
    "last_day" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "reconciliation_differences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliation_findings" (
    "run_id" TEXT NOT NULL,
    "difference_id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "finding" TEXT NOT NULL,

    CONSTRAINT "reconciliation_findings_pkey" PRIMARY KEY ("run_id","difference_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "reconciliation_runs_request_key_key" ON "reconciliation_runs"("request_key");

-- CreateIndex
CREATE INDEX "reconciliation_runs_mode_provider_merchant_account_day_idx" ON "reconciliation_runs"("mode", "provider", "merchant_account", "day");

-- CreateIndex
CREATE INDEX "reconciliation_runs_mode_created_at_id_idx" ON "reconciliation_runs"("mode", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "reconciliation_runs_command_id_idx" ON "reconciliation_runs"("command_id");

-- CreateIndex
CREATE INDEX "settlement_lines_mode_provider_merchant_account_reference_idx" ON "settlement_lines"("mode", "provider", "merchant_account", "reference");

-- CreateIndex
CREATE INDEX "settlement_lines_mode_provider_merchant_account_provider_re_idx" ON "settlement_lines"("mode", "provider", "merchant_account", "provider_refund_id");

-- CreateIndex
CREATE INDEX "reconciliation_differences_mode_status_opened_at_idx" ON "reconciliation_differences"("mode", "status", "opened_at");

-- CreateIndex
CREATE INDEX "reconciliation_differences_payment_id_idx" ON "reconciliation_differences"("payment_id");

-- CreateIndex
CREATE UNIQUE INDEX "reconciliation_differences_mode_provider_merchant_account_k_key" ON "reconciliation_differences"("mode", "provider", "merchant_account", "key");

-- CreateIndex
CREATE INDEX "reconciliation_findings_difference_id_idx" ON "reconciliation_findings"("difference_id");

-- AddForeignKey
ALTER TABLE "reconciliation_findings" ADD CONSTRAINT "reconciliation_findings_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "reconciliation_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reconciliation_findings" ADD CONSTRAINT "reconciliation_findings_difference_id_fkey" FOREIGN KEY ("difference_id") REFERENCES "reconciliation_differences"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- CreateIndex
CREATE INDEX "allocations_payment_id_idx" ON "allocations"("payment_id");

-- CreateIndex
CREATE INDEX "reservations_payment_id_idx" ON "reservations"("payment_id");

-- What was settled on a day, for its comparison.
CREATE INDEX payment_attempts_settled ON payment_attempts (settled_at, reference) WHERE settled_at IS NOT NULL;

-- What no line of code may break; test/store/invariants-reconciliation.test.ts proves each.

-- 1. Legal values.
ALTER TABLE reconciliation_runs
  ADD CONSTRAINT reconciliation_runs_status CHECK (
    status IN ('queued', 'loading', 'waiting', 'comparing', 'done', 'failed')),
  ADD CONSTRAINT reconciliation_runs_trigger CHECK (trigger IN ('schedule', 'request')),
  ADD CONSTRAINT reconciliation_runs_day CHECK (day ~ '^\d{4}-\d{2}-\d{2}$'),
  ADD CONSTRAINT reconciliation_runs_ended CHECK ((status IN ('done', 'failed')) = (ended_at IS NOT NULL)),
  -- What was not loaded cannot have been compared.
  ADD CONSTRAINT reconciliation_runs_loaded CHECK (status NOT IN ('comparing', 'done') OR loaded_at IS NOT NULL);

ALTER TABLE settlement_lines
  ADD CONSTRAINT settlement_lines_status CHECK (status IN ('succeeded', 'pending', 'failed', 'returned')),
  ADD CONSTRAINT settlement_lines_amount CHECK (amount_minor > 0),
  ADD CONSTRAINT settlement_lines_currency CHECK (currency ~ '^[A-Z]{3}$');

ALTER TABLE reconciliation_differences
  ADD CONSTRAINT reconciliation_differences_kind CHECK (kind IN (
    'missing_at_provider', 'missing_in_books', 'amount_differs', 'currency_differs', 'status_differs',
    'duplicate_at_provider', 'paid_twice', 'wrong_payment', 'time_differs_by_day', 'workflow_disagrees',
    'workflow_missing', 'crm_missing', 'crm_stale', 'ledger_unbalanced')),
  ADD CONSTRAINT reconciliation_differences_status CHECK (status IN ('open', 'resolved', 'accepted')),
  ADD CONSTRAINT reconciliation_differences_ended CHECK ((status = 'open') = (ended_at IS NULL)),
  ADD CONSTRAINT reconciliation_differences_occurrence CHECK (occurrence >= 1);
CREATE INDEX reconciliation_differences_open ON reconciliation_differences (mode, provider, merchant_account)
  WHERE status = 'open';

ALTER TABLE reconciliation_findings
  ADD CONSTRAINT reconciliation_findings_finding CHECK (finding IN ('opened', 'seen', 'resolved'));

-- 2. One run at a time works on an account's day: two would delete each other's lines.
CREATE UNIQUE INDEX reconciliation_runs_one_active ON reconciliation_runs (mode, provider, merchant_account, day)
  WHERE status NOT IN ('done', 'failed');

-- 3. What a run found stays as it was found, and a difference stays what it is.
CREATE TRIGGER reconciliation_findings_append_only BEFORE UPDATE OR DELETE ON reconciliation_findings
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_difference_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.mode, NEW.provider, NEW.merchant_account, NEW.kind, NEW.key)
     IS DISTINCT FROM (OLD.mode, OLD.provider, OLD.merchant_account, OLD.kind, OLD.key) THEN
    RAISE EXCEPTION 'difference % stays what it is', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER reconciliation_differences_frozen BEFORE UPDATE ON reconciliation_differences
  FOR EACH ROW EXECUTE FUNCTION refuse_difference_change();
CREATE TRIGGER reconciliation_differences_kept BEFORE DELETE ON reconciliation_differences
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
