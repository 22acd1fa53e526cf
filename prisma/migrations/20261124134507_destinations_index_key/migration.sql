-- Until now there was one key, without a name; configuration calls it "index".
ALTER TABLE "destinations" ADD COLUMN "index_key_id" TEXT NOT NULL DEFAULT 'index';
ALTER TABLE "destinations" ALTER COLUMN "index_key_id" DROP DEFAULT;
ALTER TABLE "destinations" ADD CONSTRAINT destinations_index_key CHECK (index_key_id ~ '^[a-z0-9][a-z0-9_-]{0,31}$');

-- As before, but that a row may be indexed anew, as it may be sealed anew: with another key.
CREATE OR REPLACE FUNCTION refuse_destination_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.mode, NEW.customer_id, NEW.refund_id, NEW.kind, NEW.country, NEW.masked,
      NEW.first_entered_kind, NEW.first_entered_by, NEW.first_entered_at, NEW.replaces_id, NEW.command_id)
     IS DISTINCT FROM
     (OLD.id, OLD.mode, OLD.customer_id, OLD.refund_id, OLD.kind, OLD.country, OLD.masked,
      OLD.first_entered_kind, OLD.first_entered_by, OLD.first_entered_at, OLD.replaces_id, OLD.command_id)
     -- Sealing and indexing anew are for rotation alone: with another key.
     OR (NEW.ciphertext <> OLD.ciphertext AND NEW.key_id = OLD.key_id)
     OR ((NEW.fingerprint <> OLD.fingerprint) <> (NEW.index_key_id <> OLD.index_key_id))
     OR NEW.mismatches < OLD.mismatches
     OR (OLD.second_entered_by IS NOT NULL AND
        (NEW.second_entered_kind, NEW.second_entered_by, NEW.second_entered_at, NEW.usable_from)
        IS DISTINCT FROM (OLD.second_entered_kind, OLD.second_entered_by, OLD.second_entered_at, OLD.usable_from))
     OR (OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by) THEN
    RAISE EXCEPTION 'destination % is what it was entered as', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status <> OLD.status AND NOT (
       NEW.status = 'revoked'
       OR (OLD.status = 'draft' AND NEW.status = 'cooling_off')
       OR (OLD.status = 'cooling_off' AND NEW.status = 'usable')) OR (OLD.status = 'revoked' AND NEW.status <> 'revoked') THEN
    RAISE EXCEPTION 'destination % cannot become % from %', OLD.id, NEW.status, OLD.status USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
