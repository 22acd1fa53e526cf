-- AlterTable
ALTER TABLE "desk_items" ADD COLUMN     "owner_role" TEXT NOT NULL DEFAULT 'finance',
ADD COLUMN     "reminded_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "payment_attempts" ADD COLUMN     "paid_at" TIMESTAMPTZ(3),
ADD COLUMN     "proof_evidence_id" TEXT;

-- AlterTable
ALTER TABLE "refunds" ADD COLUMN     "workflow_id" TEXT;

-- AddForeignKey
ALTER TABLE "payment_attempts" ADD CONSTRAINT "payment_attempts_proof_evidence_id_fkey" FOREIGN KEY ("proof_evidence_id") REFERENCES "evidence"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma does not model. test/store/returns.test.ts proves each rule.

-- 1. Money can come back: a further attempt exists only after those before are proven to have failed or to have returned.
ALTER TABLE payment_attempts DROP CONSTRAINT payment_attempts_status;
ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_status CHECK (
  status IN ('reserved', 'instructed', 'pending', 'succeeded', 'failed', 'unknown', 'returned'));
DROP INDEX payment_attempts_one_live;
CREATE UNIQUE INDEX payment_attempts_one_live ON payment_attempts (allocation_id) WHERE status NOT IN ('failed', 'returned');

-- 2. What was paid by hand has its proof and its time, and was never instructed.
ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_by_hand CHECK (
  (proof_evidence_id IS NULL) = (paid_at IS NULL) AND (proof_evidence_id IS NOT NULL) = (route = 'manual')
  AND (proof_evidence_id IS NULL OR (instructed_at IS NULL AND status IN ('succeeded', 'returned'))));

-- 3. Every open item of the desk has a clock, also those that were there before there was one.
UPDATE desk_items SET due_at = created_at + INTERVAL '24 hours' WHERE due_at IS NULL AND status = 'open';
ALTER TABLE desk_items ADD CONSTRAINT desk_items_clock CHECK (status <> 'open' OR due_at IS NOT NULL);
CREATE INDEX desk_items_to_remind ON desk_items (due_at) WHERE status = 'open' AND reminded_at IS NULL;
