-- Goodwill is what a payment is paid from, not a way to pay it: no attempt ever had it for a route.
ALTER TABLE payment_attempts
  DROP CONSTRAINT payment_attempts_route,
  ADD CONSTRAINT payment_attempts_route CHECK (route IN ('original', 'destination', 'manual'));
