-- AlterTable
ALTER TABLE "disputes" ADD COLUMN     "opened_by" TEXT,
ADD COLUMN     "outcome_confirmed_by" TEXT,
ADD COLUMN     "outcome_proposed_by" TEXT,
ADD COLUMN     "outcome_reason" TEXT,
ADD COLUMN     "proposed_at" TIMESTAMPTZ(3),
ADD COLUMN     "proposed_by" TEXT,
ADD COLUMN     "proposed_outcome" TEXT,
ADD COLUMN     "proposed_reason" TEXT,
ADD COLUMN     "reason" TEXT,
ADD COLUMN     "source" TEXT NOT NULL DEFAULT 'provider';

-- CreateIndex
CREATE INDEX "disputes_mode_opened_at_id_idx" ON "disputes"("mode", "opened_at", "id");

-- What follows is by hand: test/store/invariants-disputes.test.ts proves each.

-- 1. What a provider tells of, only the provider ends; what a person froze can also be withdrawn.
ALTER TABLE disputes
  DROP CONSTRAINT disputes_status,
  ADD CONSTRAINT disputes_status CHECK (status IN ('open', 'won', 'lost', 'withdrawn')),
  ADD CONSTRAINT disputes_source CHECK (
    (source = 'provider' AND status <> 'withdrawn' AND opened_by IS NULL AND reason IS NULL
      AND proposed_by IS NULL AND outcome_confirmed_by IS NULL)
    OR (source = 'person' AND opened_by IS NOT NULL AND reason IS NOT NULL));

-- 2. Freezing takes one person. Every way of ending it lets money go and takes two: one who proposes, one who confirms.
ALTER TABLE disputes
  ADD CONSTRAINT disputes_proposal CHECK (
    num_nulls(proposed_outcome, proposed_reason, proposed_by, proposed_at) IN (0, 4)
    AND (proposed_outcome IS NULL OR proposed_outcome IN ('won', 'lost', 'withdrawn'))),
  ADD CONSTRAINT disputes_two_persons CHECK (
    num_nulls(outcome_reason, outcome_proposed_by, outcome_confirmed_by) IN (0, 3)
    AND (source = 'provider' OR (status = 'open') = (outcome_confirmed_by IS NULL))
    AND (outcome_confirmed_by IS NULL OR outcome_confirmed_by <> outcome_proposed_by));

-- 3. What a person froze stays what it was and is never open again; what was lost may be given back after all.
CREATE FUNCTION refuse_freeze_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.source = 'provider' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'dispute % stays what it was', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.source, NEW.opened_by) IS DISTINCT FROM (OLD.source, OLD.opened_by)
     OR (OLD.source = 'person' AND (NEW.amount_minor, NEW.currency) IS DISTINCT FROM (OLD.amount_minor, OLD.currency))
     OR (OLD.source = 'person' AND NEW.status <> OLD.status
         AND (OLD.status IN ('won', 'withdrawn') OR NEW.status = 'open')) THEN
    RAISE EXCEPTION 'dispute % stays what it was', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER disputes_go_on BEFORE UPDATE OR DELETE ON disputes
  FOR EACH ROW EXECUTE FUNCTION refuse_freeze_return();
