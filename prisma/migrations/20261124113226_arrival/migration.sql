-- CreateTable
CREATE TABLE "arrival_observations" (
    "refund_id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "provider" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "working_days" INTEGER NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "arrival_observations_pkey" PRIMARY KEY ("refund_id")
);

-- CreateIndex
CREATE INDEX "arrival_observations_mode_provider_method_confirmed_at_idx" ON "arrival_observations"("mode", "provider", "method", "confirmed_at" DESC);

-- AddForeignKey
ALTER TABLE "arrival_observations" ADD CONSTRAINT "arrival_observations_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Days are counted from the payment on.
ALTER TABLE arrival_observations ADD CONSTRAINT arrival_observations_days CHECK (working_days >= 0);
