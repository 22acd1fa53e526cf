-- CreateTable
CREATE TABLE "decision_links" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "token_hash" TEXT NOT NULL,
    "code_hash" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "refund_id" TEXT NOT NULL,
    "stage_id" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "snapshot_version" INTEGER NOT NULL,
    "stage_due_at" TIMESTAMPTZ(3) NOT NULL,
    "person_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "wrong_codes" INTEGER NOT NULL DEFAULT 0,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "decision_links_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "decision_links_token_hash_key" ON "decision_links"("token_hash");

-- CreateIndex
CREATE INDEX "decision_links_refund_id_idx" ON "decision_links"("refund_id");

-- AddForeignKey
ALTER TABLE "decision_links" ADD CONSTRAINT "decision_links_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "decision_links" ADD CONSTRAINT "decision_links_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "people"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: hashes alone, five wrong codes at most, an end. test/store/invariants-delegations.test.ts proves each.
ALTER TABLE decision_links
  ADD CONSTRAINT decision_links_hashes CHECK (token_hash ~ '^[0-9a-f]{64}$' AND code_hash ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT decision_links_period CHECK (expires_at > created_at),
  ADD CONSTRAINT decision_links_codes CHECK (wrong_codes BETWEEN 0 AND 5),
  ADD CONSTRAINT decision_links_use CHECK (used_at BETWEEN created_at AND expires_at);
