-- AlterTable
ALTER TABLE "goodwill_budgets" RENAME COLUMN "created_by_id" TO "proposed_by";
ALTER TABLE "goodwill_budgets" RENAME COLUMN "created_at" TO "proposed_at";
ALTER TABLE "goodwill_budgets" ADD COLUMN     "limit_minor" BIGINT,
ADD COLUMN     "state" TEXT NOT NULL DEFAULT 'active',
ADD COLUMN     "confirmed_by" TEXT,
ADD COLUMN     "confirmed_at" TIMESTAMPTZ(3),
ALTER COLUMN "payment_id" DROP NOT NULL;

-- By hand: what was granted stands for what it captured. test/store/invariants-goodwill.test.ts proves each rule.
UPDATE goodwill_budgets b SET limit_minor = p.captured_minor FROM payments p WHERE p.id = b.payment_id;
ALTER TABLE goodwill_budgets
  ALTER COLUMN limit_minor SET NOT NULL,
  ALTER COLUMN state DROP DEFAULT,
  ADD CONSTRAINT goodwill_limit CHECK (limit_minor > 0),
  -- Not of budgets from before, which one person could grant.
  ADD CONSTRAINT goodwill_two_persons CHECK (
    (state = 'proposed' AND payment_id IS NULL AND confirmed_by IS NULL AND confirmed_at IS NULL)
    OR (state = 'active' AND payment_id IS NOT NULL AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by
      AND confirmed_at IS NOT NULL)) NOT VALID;

-- A budget stays what was proposed, and becomes money of its own mode, currency and limit once.
CREATE OR REPLACE FUNCTION refuse_wrong_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.mode, NEW.currency, NEW.branch, NEW.limit_minor, NEW.proposed_by)
       IS DISTINCT FROM (OLD.id, OLD.mode, OLD.currency, OLD.branch, OLD.limit_minor, OLD.proposed_by)
     OR (OLD.state = 'active' AND (NEW.state, NEW.payment_id, NEW.confirmed_by)
       IS DISTINCT FROM (OLD.state, OLD.payment_id, OLD.confirmed_by))
     OR (OLD.state = 'proposed' AND (NEW.name, NEW.period_from, NEW.period_to)
       IS DISTINCT FROM (OLD.name, OLD.period_from, OLD.period_to))) THEN
    RAISE EXCEPTION 'goodwill budget % stays what it was proposed as', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NEW.payment_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.provider = 'goodwill' AND p.mode = NEW.mode
       AND p.currency = NEW.currency AND p.captured_minor = NEW.limit_minor) THEN
    RAISE EXCEPTION 'goodwill budget % has no money of its own', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
