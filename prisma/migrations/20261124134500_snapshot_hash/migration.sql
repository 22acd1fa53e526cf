-- AlterTable
ALTER TABLE "decisions" ADD COLUMN     "snapshot_hash" TEXT;

-- By hand: what is decided from now on is kept as a hash, which the payment is compared with. Decisions from before have
-- none and are compared by version alone. test/store/invariants.test.ts proves it.
ALTER TABLE decisions
  ADD CONSTRAINT decisions_snapshot_hash CHECK (snapshot_hash IS NOT NULL AND snapshot_hash ~ '^[0-9a-f]{64}$') NOT VALID;
