-- By hand: a customer is of a tier that there is. test/store/invariants-policies.test.ts proves it.
ALTER TABLE customers ADD CONSTRAINT customers_tier CHECK (tier IN ('vip', 'normal', 'new'));
