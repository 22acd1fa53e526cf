-- AlterTable
ALTER TABLE "provider_events" ADD COLUMN     "provider_payment_ids" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- What a provider has told of refunds that nobody here made is looked for by the payment that it names.
CREATE INDEX provider_events_elsewhere ON provider_events USING GIN (provider_payment_ids)
  WHERE status = 'unmatched' AND refund_id IS NULL;
