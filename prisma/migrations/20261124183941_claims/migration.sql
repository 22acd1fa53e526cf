-- AlterTable
ALTER TABLE "stages" ADD COLUMN     "claimed_at" TIMESTAMPTZ(3),
ADD COLUMN     "claimed_until" TIMESTAMPTZ(3);

-- AddForeignKey
ALTER TABLE "stages" ADD CONSTRAINT "stages_assignee_id_fkey" FOREIGN KEY ("assignee_id") REFERENCES "people"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: a claim is whole, has a time, and dies with the openness of its stage. test/store/invariants.test.ts proves it.
ALTER TABLE stages ADD CONSTRAINT stages_claim CHECK (
  (assignee_id IS NULL AND claimed_at IS NULL AND claimed_until IS NULL)
  OR (assignee_id IS NOT NULL AND claimed_at IS NOT NULL AND claimed_until IS NOT NULL AND claimed_until > claimed_at
    AND status = 'open'));
