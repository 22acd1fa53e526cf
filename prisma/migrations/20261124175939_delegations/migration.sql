-- AlterTable
ALTER TABLE "decisions" ADD COLUMN     "delegation_id" TEXT,
ADD COLUMN     "on_behalf_of" TEXT;

-- CreateTable
CREATE TABLE "delegations" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "delegator_id" TEXT NOT NULL,
    "delegate_id" TEXT,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "until_at" TIMESTAMPTZ(3) NOT NULL,
    "cap_minor" BIGINT,
    "cap_currency" TEXT,
    "note" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_by" TEXT,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "delegations_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "delegations_mode_until_at_idx" ON "delegations"("mode", "until_at");

-- CreateIndex
CREATE INDEX "delegations_delegator_id_idx" ON "delegations"("delegator_id");

-- CreateIndex
CREATE INDEX "delegations_delegate_id_idx" ON "delegations"("delegate_id");

-- AddForeignKey
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_delegator_id_fkey" FOREIGN KEY ("delegator_id") REFERENCES "people"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_delegate_id_fkey" FOREIGN KEY ("delegate_id") REFERENCES "people"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_delegation_id_fkey" FOREIGN KEY ("delegation_id") REFERENCES "delegations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is by hand: test/store/invariants-delegations.test.ts proves each.

-- Constraints of exclusion compare ranges; a text as a range of one value needs no extension of the database.
CREATE TYPE text_range AS RANGE (SUBTYPE = text);

ALTER TABLE delegations
  ADD CONSTRAINT delegations_period CHECK (until_at > from_at),
  ADD CONSTRAINT delegations_not_oneself CHECK (delegate_id <> delegator_id),
  -- Nobody names themselves for somebody else.
  ADD CONSTRAINT delegations_own_gain CHECK (created_by <> delegate_id),
  ADD CONSTRAINT delegations_cap CHECK (
    (cap_minor IS NULL AND cap_currency IS NULL)
    OR (cap_minor IS NOT NULL AND cap_currency IS NOT NULL AND cap_minor > 0 AND cap_currency ~ '^[A-Z]{3}$'
      AND delegate_id IS NOT NULL)),
  ADD CONSTRAINT delegations_revocation CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
  -- One person has one absence at a time, so it is never a question who decides in their place.
  ADD CONSTRAINT delegations_one_at_a_time EXCLUDE USING gist (
    text_range(delegator_id, delegator_id, '[]') WITH &&, tstzrange(from_at, until_at) WITH &&) WHERE (revoked_at IS NULL);

-- A delegation stays what was said, and is revoked once; its people are of its mode. Past decisions rest on it.
CREATE FUNCTION refuse_wrong_delegation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'delegation % is kept', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND (
    (NEW.id, NEW.mode, NEW.delegator_id, NEW.delegate_id, NEW.from_at, NEW.until_at, NEW.cap_minor, NEW.cap_currency,
       NEW.created_by, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.mode, OLD.delegator_id, OLD.delegate_id, OLD.from_at, OLD.until_at, OLD.cap_minor,
       OLD.cap_currency, OLD.created_by, OLD.created_at)
    OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by))) THEN
    RAISE EXCEPTION 'delegation % stays what was said', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' AND EXISTS (
    SELECT 1 FROM people p WHERE p.id IN (NEW.delegator_id, NEW.delegate_id) AND p.mode <> NEW.mode) THEN
    RAISE EXCEPTION 'delegation % is of another mode than its people', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER delegations_stay BEFORE INSERT OR UPDATE OR DELETE ON delegations
  FOR EACH ROW EXECUTE FUNCTION refuse_wrong_delegation();

-- Who decides in somebody's place does so by a delegation between these two that is in force.
ALTER TABLE decisions ADD CONSTRAINT decisions_delegation CHECK ((on_behalf_of IS NULL) = (delegation_id IS NULL));
CREATE FUNCTION refuse_wrong_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.delegation_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM delegations d
    WHERE d.id = NEW.delegation_id AND d.mode = NEW.mode AND d.delegator_id = NEW.on_behalf_of AND d.delegate_id = NEW.person_id
      AND d.from_at <= NEW.decided_at AND LEAST(d.until_at, d.revoked_at) > NEW.decided_at) THEN
    RAISE EXCEPTION 'decision % is by nobody''s delegate', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER decisions_in_place BEFORE INSERT ON decisions
  FOR EACH ROW EXECUTE FUNCTION refuse_wrong_place();
