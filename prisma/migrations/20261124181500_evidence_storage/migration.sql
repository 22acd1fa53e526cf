-- Evidence may be kept outside the database: in a directory or a bucket, under a permanent key.
ALTER TABLE "evidence" ALTER COLUMN "content" DROP NOT NULL,
ADD COLUMN     "stored_in" TEXT NOT NULL DEFAULT 'database',
ADD COLUMN     "storage_key" TEXT,
ADD COLUMN     "scanned_at" TIMESTAMPTZ(3);

CREATE UNIQUE INDEX "evidence_stored_in_storage_key_key" ON "evidence"("stored_in", "storage_key");

ALTER TABLE "evidence" ADD CONSTRAINT evidence_is_stored_once CHECK (
  CASE stored_in
    WHEN 'database' THEN content IS NOT NULL AND storage_key IS NULL
    WHEN 'disk' THEN content IS NULL AND storage_key IS NOT NULL
    WHEN 's3' THEN content IS NULL AND storage_key IS NOT NULL
    ELSE false
  END);
