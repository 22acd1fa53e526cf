-- The invariants that no line of code may break. Prisma does not model them: test/store/invariants.test.ts proves each.

-- 1. Money of a payment: nothing negative, and never more spoken for than was captured.
ALTER TABLE payments
  ADD CONSTRAINT payments_amounts_not_negative CHECK (
    captured_minor >= 0 AND refunded_minor >= 0 AND refunded_elsewhere_minor >= 0 AND disputed_minor >= 0 AND reserved_minor >= 0),
  ADD CONSTRAINT payments_cap CHECK (
    refunded_minor + refunded_elsewhere_minor + disputed_minor + reserved_minor <= captured_minor),
  ADD CONSTRAINT payments_currency CHECK (currency ~ '^[A-Z]{3}$');

-- 2. Lines: quantities and amounts reserved or refunded never exceed the line.
ALTER TABLE order_lines
  ADD CONSTRAINT order_lines_not_negative CHECK (
    quantity > 0 AND unit_price_minor >= 0 AND discount_minor >= 0 AND tax_minor >= 0
    AND reserved_quantity >= 0 AND refunded_quantity >= 0 AND reserved_minor >= 0 AND refunded_minor >= 0),
  ADD CONSTRAINT order_lines_quantity_cap CHECK (reserved_quantity + refunded_quantity <= quantity),
  ADD CONSTRAINT order_lines_amount_cap CHECK (
    reserved_minor + refunded_minor <= unit_price_minor * quantity - discount_minor + tax_minor);

-- 3. Refunds.
ALTER TABLE refunds
  ADD CONSTRAINT refunds_amounts CHECK (
    amount_minor > 0 AND paid_amount_minor >= 0 AND paid_amount_minor <= amount_minor
    AND (approved_amount_minor IS NULL OR (approved_amount_minor > 0 AND approved_amount_minor <= amount_minor))),
  ADD CONSTRAINT refunds_status CHECK (status IN (
    'accepted', 'in_review', 'awaiting_customer', 'awaiting_goods', 'cooling_off', 'awaiting_funds', 'paying',
    'payment_unknown', 'payment_failed', 'paid', 'arrived', 'fulfilled', 'declined', 'withdrawn', 'expired')),
  ADD CONSTRAINT refunds_sequences CHECK (transition_seq >= 0 AND audit_seq >= 0 AND snapshot_version > 0);

ALTER TABLE refund_lines ADD CONSTRAINT refund_lines_positive CHECK (quantity > 0 AND amount_minor >= 0);

-- A leg can come to nothing when less is approved than was asked.
ALTER TABLE allocations ADD CONSTRAINT allocations_not_negative CHECK (amount_minor >= 0);

ALTER TABLE reservations
  ADD CONSTRAINT reservations_amounts CHECK (amount_minor >= 0 AND settled_minor >= 0 AND settled_minor <= amount_minor),
  ADD CONSTRAINT reservations_state CHECK (state IN ('held', 'released', 'settled')),
  ADD CONSTRAINT reservations_ended CHECK ((state = 'held') = (ended_at IS NULL));

-- 4. One live attempt a leg: a second exists only after the first is proven failed.
ALTER TABLE payment_attempts
  ADD CONSTRAINT payment_attempts_status CHECK (status IN ('reserved', 'instructed', 'pending', 'succeeded', 'failed', 'unknown')),
  ADD CONSTRAINT payment_attempts_reference CHECK (reference ~ '^[A-Z0-9]{1,32}$'),
  ADD CONSTRAINT payment_attempts_amount CHECK (amount_minor >= 0 AND (amount_minor > 0 OR status = 'reserved'));
CREATE UNIQUE INDEX payment_attempts_one_live ON payment_attempts (allocation_id) WHERE status <> 'failed';

-- 5. Stages: one open stage a refund.
ALTER TABLE stages ADD CONSTRAINT stages_status CHECK (
  status IN ('pending', 'open', 'paused', 'approved', 'declined', 'sent_back', 'skipped'));
CREATE UNIQUE INDEX stages_one_open ON stages (refund_id) WHERE status IN ('open', 'paused');
CREATE INDEX stages_tasks ON stages (due_at, refund_id) WHERE status = 'open';

-- 6. Commands, messages, deliveries, desk.
ALTER TABLE commands ADD CONSTRAINT commands_outcome CHECK (outcome IN ('open', 'done', 'refused'));
ALTER TABLE messages ADD CONSTRAINT messages_status CHECK (status IN ('due', 'sent', 'dead', 'skipped'));
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_status CHECK (status IN ('due', 'delivered', 'dead'));
ALTER TABLE provider_events ADD CONSTRAINT provider_events_status CHECK (status IN ('stored', 'signalled', 'consumed', 'unmatched'));
ALTER TABLE desk_items ADD CONSTRAINT desk_items_status CHECK (status IN ('open', 'resolved'));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_status CHECK (status IN ('enabled', 'disabled'));
ALTER TABLE api_keys ADD CONSTRAINT api_keys_kind CHECK (
  (kind = 'person' AND person_id IS NOT NULL AND customer_id IS NULL)
  OR (kind = 'customer' AND customer_id IS NOT NULL AND person_id IS NULL)
  OR (kind = 'system' AND person_id IS NULL AND customer_id IS NULL));

-- What is due is asked for every few seconds; the table keeps what was sent for years.
CREATE INDEX messages_due ON messages (due_at) WHERE status = 'due';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE status = 'due';
CREATE INDEX start_tickets_open ON start_tickets (created_at) WHERE consumed_at IS NULL;
CREATE INDEX provider_events_open ON provider_events (received_at) WHERE status IN ('stored', 'signalled');

-- 7. What was recorded stays as it was recorded.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE ON transitions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE ON decisions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- 8. The facts that a payout rests on are frozen once a refund refers to the payment.
CREATE FUNCTION refuse_payment_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.provider, NEW.merchant_account, NEW.provider_payment_id, NEW.method, NEW.currency, NEW.order_id)
     IS DISTINCT FROM
     (OLD.provider, OLD.merchant_account, OLD.provider_payment_id, OLD.method, OLD.currency, OLD.order_id)
     AND EXISTS (SELECT 1 FROM allocations WHERE payment_id = OLD.id) THEN
    RAISE EXCEPTION 'payment % is referred to by a refund', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER payments_identity_frozen BEFORE UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION refuse_payment_identity_change();

-- 9. A reference is for ever.
CREATE FUNCTION refuse_reference_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.reference <> OLD.reference OR NEW.amount_minor <> OLD.amount_minor AND OLD.status <> 'reserved' THEN
    RAISE EXCEPTION 'attempt % keeps its reference, and its amount once instructed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER payment_attempts_reference_frozen BEFORE UPDATE ON payment_attempts
  FOR EACH ROW EXECUTE FUNCTION refuse_reference_change();
