-- AlterTable
ALTER TABLE "policies" ADD COLUMN     "authors" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "change_note" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "id" TEXT,
ADD COLUMN     "legal_reason" TEXT,
ADD COLUMN     "review_due_on" DATE,
ADD COLUMN     "review_note" TEXT,
ADD COLUMN     "reviewed_at" TIMESTAMPTZ(3),
ADD COLUMN     "reviewed_by" TEXT,
ADD COLUMN     "submitted_at" TIMESTAMPTZ(3),
ADD COLUMN     "submitted_by" TEXT;

-- Versions that were published before they had an id of their own.
UPDATE "policies" SET "id" = 'po_' || md5("mode"::text || '/' || "name" || '/' || "version"::text);
ALTER TABLE "policies" ALTER COLUMN "id" SET NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "policies_id_key" ON "policies"("id");

ALTER TABLE "policies" ADD CONSTRAINT "policies_status" CHECK (status IN ('draft', 'in_review', 'published'));

-- Whoever wrote on a version or submitted it does not put it in force; what nobody wrote on an operator published.
ALTER TABLE "policies" ADD CONSTRAINT "policies_two_persons" CHECK (
  authors IS NOT NULL AND CASE
    WHEN cardinality(authors) = 0 THEN status = 'published'
    WHEN status <> 'published' THEN true
    ELSE reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL AND submitted_by IS NOT NULL
      AND reviewed_by <> ALL (authors) AND reviewed_by <> submitted_by
  END);

ALTER TABLE "policies" ADD CONSTRAINT "policies_submission" CHECK (
  cardinality(authors) = 0 OR status = 'draft' OR (submitted_by IS NOT NULL AND submitted_at IS NOT NULL));

-- Refunds were judged by what is published, and contracts link to it. Only the day to look at it again may move.
CREATE FUNCTION refuse_published_policy_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'published' AND (TG_OP = 'DELETE'
    OR to_jsonb(NEW) - 'review_due_on' IS DISTINCT FROM to_jsonb(OLD) - 'review_due_on') THEN
    RAISE EXCEPTION 'policy %@% is published and never changes', OLD.name, OLD.version USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.id <> OLD.id OR NEW.mode <> OLD.mode OR NEW.name <> OLD.name OR NEW.version <> OLD.version THEN
    RAISE EXCEPTION 'policy %@% keeps its name and version', OLD.name, OLD.version USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER policies_published BEFORE UPDATE OR DELETE ON policies
  FOR EACH ROW EXECUTE FUNCTION refuse_published_policy_change();
