-- AlterTable
ALTER TABLE "refunds" ADD COLUMN     "facts" JSONB;

-- Other versions of a policy are asked about what a refund was judged by: as it was then, never as it would suit.
CREATE FUNCTION refuse_changed_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the facts that refund % was judged by never change', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER refunds_facts BEFORE UPDATE OF facts ON refunds
  FOR EACH ROW WHEN (NEW.facts IS DISTINCT FROM OLD.facts) EXECUTE FUNCTION refuse_changed_facts();
