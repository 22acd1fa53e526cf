-- DropIndex
DROP INDEX "refunds_customer_id_idx";

-- AlterTable
ALTER TABLE "refunds" ADD COLUMN     "risk" JSONB;

-- CreateIndex
CREATE INDEX "refunds_customer_id_created_at_idx" ON "refunds"("customer_id", "created_at");

-- By hand: a score is one, has its grade and its reasons. test/store/invariants-policies.test.ts proves it.
ALTER TABLE refunds ADD CONSTRAINT refunds_risk CHECK (risk IS NULL OR COALESCE(
  jsonb_typeof(risk -> 'score') = 'number' AND (risk ->> 'score')::numeric BETWEEN 0 AND 100
  AND risk ->> 'grade' IN ('low', 'elevated', 'high')
  AND jsonb_typeof(risk -> 'reasons') = 'array', false));
