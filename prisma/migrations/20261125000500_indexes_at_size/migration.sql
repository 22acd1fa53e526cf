-- The newest orders of one customer, for the risk of a request: a shop may keep all its guests as one.
DROP INDEX "orders_customer_id_idx";
CREATE INDEX "orders_customer_id_placed_at_idx" ON "orders"("customer_id", "placed_at");

-- The approvals of a period, for the signals about staff.
CREATE INDEX "decisions_mode_decided_at_idx" ON "decisions"("mode", "decided_at");

-- Commands that nobody was answered, which are few; the sweep looks for them every minute.
CREATE INDEX commands_unanswered ON commands (created_at) WHERE response_status IS NULL AND told_at IS NULL;
