'use strict';
// A jest reporter that only counts, for devstack/run-tests.ts: writes the run's totals as JSON to the given file.
const { writeFileSync } = require('node:fs');

module.exports = class CountingReporter {
  /**
   * @param {unknown} _globalConfig
   * @param {{ file: string }} options
   */
  constructor(_globalConfig, options) {
    this.file = options.file;
  }

  onRunComplete(_contexts, results) {
    // A test file that could not even be loaded has no failed test of its own, yet it has failed.
    const brokenFiles = results.testResults.filter((file) => file.testExecError && file.numFailingTests === 0).length;
    writeFileSync(
      this.file,
      JSON.stringify({
        passed: results.numPassedTests,
        failed: results.numFailedTests + brokenFiles,
        skipped: results.numPendingTests + results.numTodoTests,
        interrupted: results.wasInterrupted,
      }),
    );
  }
};
