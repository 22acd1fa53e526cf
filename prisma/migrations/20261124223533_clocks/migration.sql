-- CreateTable
CREATE TABLE "clock_pauses" (
    "refund_id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "round" INTEGER NOT NULL,
    "stage_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "due_before" TIMESTAMPTZ(3) NOT NULL,
    "due_after" TIMESTAMPTZ(3),

    CONSTRAINT "clock_pauses_pkey" PRIMARY KEY ("refund_id","round","stage_id","started_at")
);

-- CreateTable
CREATE TABLE "calendar_replans" (
    "id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "calendar_id" TEXT NOT NULL,
    "calendar_hash" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "command_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "calendar_replans_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "calendar_replan_items" (
    "replan_id" TEXT NOT NULL,
    "refund_id" TEXT NOT NULL,
    "mode" "Mode" NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'due',
    "why" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "calendar_replan_items_pkey" PRIMARY KEY ("replan_id","refund_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "calendar_replans_command_id_key" ON "calendar_replans"("command_id");

-- CreateIndex
CREATE INDEX "calendar_replan_items_status_created_at_idx" ON "calendar_replan_items"("status", "created_at");

-- CreateIndex
CREATE INDEX "calendar_replan_items_refund_id_idx" ON "calendar_replan_items"("refund_id");

-- AddForeignKey
ALTER TABLE "clock_pauses" ADD CONSTRAINT "clock_pauses_refund_id_round_stage_id_fkey" FOREIGN KEY ("refund_id", "round", "stage_id") REFERENCES "stages"("refund_id", "round", "stage_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "calendar_replan_items" ADD CONSTRAINT "calendar_replan_items_replan_id_fkey" FOREIGN KEY ("replan_id") REFERENCES "calendar_replans"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "calendar_replan_items" ADD CONSTRAINT "calendar_replan_items_refund_id_fkey" FOREIGN KEY ("refund_id") REFERENCES "refunds"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is by hand: test/store/invariants.test.ts proves each.

ALTER TABLE clock_pauses
  ADD CONSTRAINT clock_pauses_reason CHECK (reason ~ '^[a-z][a-z_]{0,39}$'),
  ADD CONSTRAINT clock_pauses_order CHECK (ended_at >= started_at),
  ADD CONSTRAINT clock_pauses_due CHECK (due_after IS NULL OR ended_at IS NOT NULL),
  -- A clock stands still once at a time: no working time is left out twice. One that lasts has no end.
  ADD CONSTRAINT clock_pauses_one_at_a_time EXCLUDE USING gist (
    text_range(refund_id || ' ' || round::text || ' ' || stage_id, refund_id || ' ' || round::text || ' ' || stage_id, '[]') WITH &&,
    tstzrange(started_at, ended_at) WITH &&);

-- Due dates rest on the ledger: a pause stays what was said, and ends once.
CREATE FUNCTION refuse_pause_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'pause of % is kept', OLD.refund_id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.refund_id, NEW.mode, NEW.round, NEW.stage_id, NEW.reason, NEW.started_at)
     IS DISTINCT FROM (OLD.refund_id, OLD.mode, OLD.round, OLD.stage_id, OLD.reason, OLD.started_at)
    OR (OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
    RAISE EXCEPTION 'pause of % stays what was said', OLD.refund_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER clock_pauses_stay BEFORE UPDATE OR DELETE ON clock_pauses
  FOR EACH ROW EXECUTE FUNCTION refuse_pause_change();

ALTER TABLE calendar_replan_items
  ADD CONSTRAINT calendar_replan_items_status CHECK (status IN ('due', 'moved', 'kept')),
  ADD CONSTRAINT calendar_replan_items_settled CHECK ((status = 'due') = (settled_at IS NULL)),
  ADD CONSTRAINT calendar_replan_items_why CHECK ((status = 'kept') = (why IS NOT NULL));

-- What became of a refund stays; what somebody asked for stays.
CREATE FUNCTION refuse_replan_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR TG_TABLE_NAME = 'calendar_replans' THEN
    RAISE EXCEPTION 'planning again is kept as it was asked for' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'due' AND NEW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'what planning again came to for % stays', OLD.refund_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER calendar_replans_stay BEFORE UPDATE OR DELETE ON calendar_replans
  FOR EACH ROW EXECUTE FUNCTION refuse_replan_change();
CREATE TRIGGER calendar_replan_items_stay BEFORE UPDATE OR DELETE ON calendar_replan_items
  FOR EACH ROW EXECUTE FUNCTION refuse_replan_change();
