'use strict';
const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Files that take ten seconds or more, longest first. Those at the top wait more than they work, so whatever runs beside
 * them has the machine. After a first run jest knows how long each file took; a fresh clone knows nothing.
 */
const LONG = [
  'test/chaos/chaos.test.ts',
  'test/workflow/payment.test.ts',
  'test/e2e/stack.test.ts',
  'test/workflow/reconciliation-waiting.test.ts',
  'test/workflow/durability.test.ts',
  'test/workflow/delivery.test.ts',
  'test/workflow/ladder.test.ts',
  'test/api/decisions.test.ts',
  'test/activities/reconciliation.test.ts',
  'test/workflow/bank-transfer.test.ts',
  'test/contract/payments/wechat-pay.test.ts',
  'test/api/seed.test.ts',
  'test/contract/payments/alipay.test.ts',
  'test/devstack/test-support.test.ts',
  'test/replay/replay.test.ts',
  'test/workflow/withdrawal.test.ts',
  'test/workflow/reconciliation.test.ts',
];

/** The longest files first, so that all workers end at about the same time instead of waiting for one that began late. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const place = (test) => {
      const found = LONG.indexOf(path.relative(test.context.config.rootDir, test.path).replaceAll(path.sep, '/'));
      return found < 0 ? LONG.length : found;
    };
    const sorted = super.sort(tests);
    // Once jest has measured one of them, its own order is the better one.
    if (sorted.some((test) => test.duration !== undefined && place(test) < LONG.length)) return sorted;
    return sorted.sort((a, b) => place(a) - place(b));
  }
};
