-- AlterTable
ALTER TABLE "payment_attempts" ADD COLUMN     "destination_id" TEXT,
ADD COLUMN     "merchant_account" TEXT,
ADD COLUMN     "provider" TEXT,
ADD COLUMN     "route" TEXT NOT NULL DEFAULT 'original';

-- CreateTable
CREATE TABLE "destinations" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "customer_id" TEXT NOT NULL,
    "refund_id" TEXT,
    "kind" TEXT NOT NULL DEFAULT 'bank_account',
    "country" TEXT NOT NULL,
    "ciphertext" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "masked" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'draft',
    "usable_from" TIMESTAMPTZ(3),
    "first_entered_kind" TEXT NOT NULL,
    "first_entered_by" TEXT NOT NULL,
    "first_entered_at" TIMESTAMPTZ(3) NOT NULL,
    "second_entered_kind" TEXT,
    "second_entered_by" TEXT,
    "second_entered_at" TIMESTAMPTZ(3),
    "mismatches" INTEGER NOT NULL DEFAULT 0,
    "payee_check" TEXT,
    "payee_checked_at" TIMESTAMPTZ(3),
    "confirmed_by" TEXT,
    "confirmed_at" TIMESTAMPTZ(3),
    "replaces_id" TEXT,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,
    "command_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "destinations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_files" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "merchant_account" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "refund_id" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "masked" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "released_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_files_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_file_approvals" (
    "bank_file_id" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "command_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_file_approvals_pkey" PRIMARY KEY ("bank_file_id","sha256","person_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "destinations_replaces_id_key" ON "destinations"("replaces_id");

-- CreateIndex
CREATE UNIQUE INDEX "destinations_command_id_key" ON "destinations"("command_id");

-- CreateIndex
CREATE INDEX "destinations_mode_fingerprint_idx" ON "destinations"("mode", "fingerprint");

-- CreateIndex
CREATE INDEX "destinations_customer_id_idx" ON "destinations"("customer_id");

-- CreateIndex
CREATE INDEX "destinations_refund_id_idx" ON "destinations"("refund_id");

-- CreateIndex
CREATE INDEX "bank_files_mode_status_created_at_idx" ON "bank_files"("mode", "status", "created_at");

-- CreateIndex
CREATE INDEX "bank_files_refund_id_idx" ON "bank_files"("refund_id");

-- CreateIndex
CREATE UNIQUE INDEX "bank_files_mode_merchant_account_reference_key" ON "bank_files"("mode", "merchant_account", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "bank_file_approvals_command_id_key" ON "bank_file_approvals"("command_id");

-- CreateIndex
CREATE INDEX "payment_attempts_destination_id_idx" ON "payment_attempts"("destination_id");

-- AddForeignKey
ALTER TABLE "payment_attempts" ADD CONSTRAINT "payment_attempts_destination_id_fkey" FOREIGN KEY ("destination_id") REFERENCES "destinations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "destinations" ADD CONSTRAINT "destinations_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "destinations" ADD CONSTRAINT "destinations_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "destinations" ADD CONSTRAINT "destinations_replaces_id_fkey" FOREIGN KEY ("replaces_id") REFERENCES "destinations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bank_files" ADD CONSTRAINT "bank_files_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bank_file_approvals" ADD CONSTRAINT "bank_file_approvals_bank_file_id_fkey" FOREIGN KEY ("bank_file_id") REFERENCES "bank_files"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bank_file_approvals" ADD CONSTRAINT "bank_file_approvals_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "people"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what no line of code may break. test/store/invariants-destinations.test.ts proves each.

-- 1. Destinations: sealed, entered twice, cooled off, and for ever what they were.
ALTER TABLE destinations
  ADD CONSTRAINT destinations_kind CHECK (kind = 'bank_account'),
  ADD CONSTRAINT destinations_country CHECK (country ~ '^[A-Z]{2}$'),
  ADD CONSTRAINT destinations_sealed CHECK (
    ciphertext ~ '^v[0-9]+\.[a-z0-9_-]+\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$' AND split_part(ciphertext, '.', 2) = key_id),
  ADD CONSTRAINT destinations_fingerprint CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT destinations_masked CHECK (masked ~ '^•••• [0-9A-Z]{1,4}$'),
  ADD CONSTRAINT destinations_status CHECK (status IN ('draft', 'cooling_off', 'usable', 'revoked')),
  ADD CONSTRAINT destinations_entered_by CHECK (
    first_entered_kind IN ('person', 'customer') AND second_entered_kind IN ('person', 'customer')
    AND (second_entered_by IS NULL) = (second_entered_kind IS NULL)
    AND (second_entered_by IS NULL) = (second_entered_at IS NULL)
    AND (second_entered_by IS NULL) = (usable_from IS NULL)),
  -- Members of staff: two different persons. Customers enter their own account twice.
  ADD CONSTRAINT destinations_two_persons CHECK (
    second_entered_kind IS DISTINCT FROM 'person' OR first_entered_kind <> 'person'
    OR second_entered_by <> first_entered_by),
  ADD CONSTRAINT destinations_entered_twice CHECK (status NOT IN ('cooling_off', 'usable') OR second_entered_by IS NOT NULL),
  ADD CONSTRAINT destinations_mismatches CHECK (
    mismatches BETWEEN 0 AND 3 AND (mismatches < 3 OR status = 'revoked')),
  ADD CONSTRAINT destinations_payee_check CHECK (
    payee_check IN ('match', 'close_match', 'no_match', 'unavailable') AND (payee_check IS NULL) = (payee_checked_at IS NULL)
    AND (payee_check <> 'no_match' OR status = 'revoked')),
  ADD CONSTRAINT destinations_confirmed CHECK (
    (confirmed_by IS NULL) = (confirmed_at IS NULL)
    AND (confirmed_by IS NULL OR (COALESCE(payee_check, '') IN ('close_match', 'unavailable')
      AND (first_entered_kind <> 'person' OR confirmed_by <> first_entered_by)
      AND (second_entered_kind IS DISTINCT FROM 'person' OR confirmed_by <> second_entered_by)))),
  -- Money goes only where the bank, or a further person, has confirmed the name.
  ADD CONSTRAINT destinations_usable CHECK (
    status <> 'usable' OR payee_check IS NOT DISTINCT FROM 'match' OR (payee_check IS NOT NULL AND confirmed_by IS NOT NULL)),
  ADD CONSTRAINT destinations_revoked CHECK (
    (status = 'revoked') = (revoked_at IS NOT NULL) AND (revoked_at IS NULL) = (revoked_reason IS NULL)),
  ADD CONSTRAINT destinations_replaces_another CHECK (replaces_id <> id);

CREATE FUNCTION refuse_destination_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.mode, NEW.customer_id, NEW.refund_id, NEW.kind, NEW.country, NEW.fingerprint, NEW.masked,
      NEW.first_entered_kind, NEW.first_entered_by, NEW.first_entered_at, NEW.replaces_id, NEW.command_id)
     IS DISTINCT FROM
     (OLD.id, OLD.mode, OLD.customer_id, OLD.refund_id, OLD.kind, OLD.country, OLD.fingerprint, OLD.masked,
      OLD.first_entered_kind, OLD.first_entered_by, OLD.first_entered_at, OLD.replaces_id, OLD.command_id)
     -- Sealing anew is for rotation alone: with another key.
     OR (NEW.ciphertext <> OLD.ciphertext AND NEW.key_id = OLD.key_id)
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
CREATE TRIGGER destinations_identity_frozen BEFORE UPDATE ON destinations
  FOR EACH ROW EXECUTE FUNCTION refuse_destination_change();

-- 2. Where an attempt goes is settled when it is first instructed.
ALTER TABLE payment_attempts
  ADD CONSTRAINT payment_attempts_route CHECK (route IN ('original', 'destination', 'manual', 'goodwill')),
  ADD CONSTRAINT payment_attempts_route_destination CHECK (route <> 'destination' OR destination_id IS NOT NULL),
  ADD CONSTRAINT payment_attempts_route_account CHECK ((provider IS NULL) = (merchant_account IS NULL));

CREATE FUNCTION refuse_route_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.instructed_at IS NOT NULL
     AND (NEW.route, NEW.destination_id, NEW.provider, NEW.merchant_account)
     IS DISTINCT FROM (OLD.route, OLD.destination_id, OLD.provider, OLD.merchant_account) THEN
    RAISE EXCEPTION 'attempt % was instructed and goes where it went', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER payment_attempts_route_frozen BEFORE UPDATE ON payment_attempts
  FOR EACH ROW EXECUTE FUNCTION refuse_route_change();

-- 3. Bank files: released by two different persons who saw the same bytes; approvals stay as they were given.
ALTER TABLE bank_files
  ADD CONSTRAINT bank_files_status CHECK (status IN ('waiting', 'released', 'delivered')),
  ADD CONSTRAINT bank_files_amount CHECK (amount_minor > 0),
  ADD CONSTRAINT bank_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT bank_files_reference CHECK (reference ~ '^[A-Z0-9]{1,35}$'),
  ADD CONSTRAINT bank_files_released CHECK ((status = 'waiting') = (released_at IS NULL)),
  ADD CONSTRAINT bank_files_delivered CHECK ((status = 'delivered') = (delivered_at IS NOT NULL));

CREATE FUNCTION refuse_release_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'waiting' AND (SELECT count(DISTINCT person_id) FROM bank_file_approvals
       WHERE bank_file_id = NEW.id AND sha256 = NEW.sha256) < 2 THEN
    RAISE EXCEPTION 'bank file % is not released by two persons', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status <> 'waiting' AND (NEW.status = 'waiting' OR NEW.sha256 <> OLD.sha256) THEN
    RAISE EXCEPTION 'bank file % is released', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER bank_files_two_persons BEFORE INSERT OR UPDATE ON bank_files
  FOR EACH ROW EXECUTE FUNCTION refuse_release_by_one();

CREATE TRIGGER bank_file_approvals_append_only BEFORE UPDATE OR DELETE ON bank_file_approvals
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
