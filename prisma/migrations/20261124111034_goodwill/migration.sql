-- DropForeignKey
ALTER TABLE "payments" DROP CONSTRAINT "payments_order_id_fkey";

-- AlterTable
ALTER TABLE "payments" ALTER COLUMN "order_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "goodwill_budgets" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "name" TEXT NOT NULL,
    "branch" TEXT,
    "currency" TEXT NOT NULL,
    "period_from" TIMESTAMPTZ(3) NOT NULL,
    "period_to" TIMESTAMPTZ(3) NOT NULL,
    "payment_id" TEXT NOT NULL,
    "created_by_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "goodwill_budgets_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "goodwill_budgets_payment_id_key" ON "goodwill_budgets"("payment_id");

-- CreateIndex
CREATE INDEX "goodwill_budgets_mode_currency_period_to_idx" ON "goodwill_budgets"("mode", "currency", "period_to");

-- AddForeignKey
ALTER TABLE "payments" ADD CONSTRAINT "payments_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "goodwill_budgets" ADD CONSTRAINT "goodwill_budgets_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what no line of code may break. test/store/invariants-goodwill.test.ts proves each.

-- 1. Money without an order is a budget's, and nothing of a budget ever was a customer's payment.
ALTER TABLE payments
  ADD CONSTRAINT goodwill_source CHECK ((order_id IS NULL) = (provider = 'goodwill')),
  ADD CONSTRAINT goodwill_sums CHECK (order_id IS NOT NULL OR (refunded_elsewhere_minor = 0 AND disputed_minor = 0));
ALTER TABLE goodwill_budgets
  ADD CONSTRAINT goodwill_period CHECK (period_from < period_to),
  ADD CONSTRAINT goodwill_currency CHECK (currency ~ '^[A-Z]{3}$');

-- 2. A budget stands for money of its own mode and currency, and stays what it was granted for.
CREATE FUNCTION refuse_wrong_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.id, NEW.mode, NEW.currency, NEW.payment_id, NEW.branch)
     IS DISTINCT FROM (OLD.id, OLD.mode, OLD.currency, OLD.payment_id, OLD.branch) THEN
    RAISE EXCEPTION 'goodwill budget % stays what it was granted for', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.provider = 'goodwill' AND p.mode = NEW.mode
      AND p.currency = NEW.currency) THEN
    RAISE EXCEPTION 'goodwill budget % has no money of its own', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER goodwill_budget_money BEFORE INSERT OR UPDATE ON goodwill_budgets
  FOR EACH ROW EXECUTE FUNCTION refuse_wrong_budget();

-- 3. Goodwill goes to an account of the customer, or is paid by hand; there is no original route.
CREATE FUNCTION refuse_goodwill_without_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM allocations a JOIN payments p ON p.id = a.payment_id
      WHERE a.id = NEW.allocation_id AND p.provider = 'goodwill') THEN
    RAISE EXCEPTION 'attempt % has no route: goodwill has no original one', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END;
$$;
-- At the end of the transaction: the leg is written beside its attempt, in no particular order.
CREATE CONSTRAINT TRIGGER goodwill_route AFTER INSERT ON payment_attempts DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.route = 'original') EXECUTE FUNCTION refuse_goodwill_without_way();
