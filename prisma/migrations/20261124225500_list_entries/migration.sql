-- CreateTable
CREATE TABLE "list_entries" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "effect" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'proposed',
    "proposed_by" TEXT NOT NULL,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_by" TEXT,
    "confirmed_at" TIMESTAMPTZ(3),
    "end_proposed_by" TEXT,
    "end_proposed_at" TIMESTAMPTZ(3),
    "end_confirmed_by" TEXT,
    "end_confirmed_at" TIMESTAMPTZ(3),

    CONSTRAINT "list_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "list_entries_mode_state_kind_subject_id_idx" ON "list_entries"("mode", "state", "kind", "subject_id");

-- By hand: an entry is one person's proposal and another's word, so is its early end; it ends, and untrue is what a customer said.
-- test/store/invariants-policies.test.ts proves it.
ALTER TABLE list_entries
  ADD CONSTRAINT list_entries_effect CHECK (
    (effect IN ('block', 'allow') AND kind IN ('customer', 'payee', 'evidence'))
    OR (effect = 'untrue_statement' AND kind = 'customer')),
  ADD CONSTRAINT list_entries_until CHECK (until > proposed_at AND until <= proposed_at + interval '366 days'),
  ADD CONSTRAINT list_entries_two_persons CHECK (
    (state = 'proposed' AND confirmed_by IS NULL AND end_proposed_by IS NULL AND end_confirmed_by IS NULL)
    OR (state = 'active' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by AND end_confirmed_by IS NULL)
    OR (state = 'ended' AND confirmed_by IS NOT NULL AND confirmed_by <> proposed_by
      AND end_proposed_by IS NOT NULL AND end_confirmed_by IS NOT NULL AND end_confirmed_by <> end_proposed_by));
