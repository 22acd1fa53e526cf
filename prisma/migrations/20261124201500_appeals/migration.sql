-- By hand: a refund is appealed once. test/store/invariants.test.ts proves it.
CREATE UNIQUE INDEX transitions_one_appeal ON transitions (refund_id) WHERE kind = 'appeal';
