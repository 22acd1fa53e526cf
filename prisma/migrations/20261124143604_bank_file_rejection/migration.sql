-- AlterTable
ALTER TABLE "bank_files" ADD COLUMN     "rejected_at" TIMESTAMPTZ(3),
ADD COLUMN     "rejected_by" TEXT,
ADD COLUMN     "rejection_reason" TEXT,
ADD COLUMN     "withdrawn_at" TIMESTAMPTZ(3);

-- A file can be taken back by one person while it has not been released; it says by whom, why and when, and stays so.
ALTER TABLE bank_files DROP CONSTRAINT bank_files_status;
ALTER TABLE bank_files DROP CONSTRAINT bank_files_released;
ALTER TABLE bank_files
  ADD CONSTRAINT bank_files_status CHECK (status IN ('waiting', 'released', 'delivered', 'rejected')),
  ADD CONSTRAINT bank_files_released CHECK ((status IN ('waiting', 'rejected')) = (released_at IS NULL)),
  ADD CONSTRAINT bank_files_rejected CHECK (
    (status = 'rejected') = (rejected_at IS NOT NULL)
    AND (rejected_at IS NULL) = (rejected_by IS NULL)
    AND (rejected_at IS NULL) = (rejection_reason IS NULL)
    AND (withdrawn_at IS NULL OR status = 'rejected'));

CREATE OR REPLACE FUNCTION refuse_release_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IN ('released', 'delivered') AND (SELECT count(DISTINCT person_id) FROM bank_file_approvals
       WHERE bank_file_id = NEW.id AND sha256 = NEW.sha256) < 2 THEN
    RAISE EXCEPTION 'bank file % is not released by two persons', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status IN ('released', 'delivered')
     AND (NEW.status IN ('waiting', 'rejected') OR NEW.sha256 <> OLD.sha256) THEN
    RAISE EXCEPTION 'bank file % is released', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status = 'rejected' AND NEW.status <> 'rejected' THEN
    RAISE EXCEPTION 'bank file % is rejected', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
