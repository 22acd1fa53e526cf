const { availableParallelism } = require('node:os');

// Packages that ship ES modules alone: jest runs CommonJS, so they are transformed too.
const esmOnly = [
  '@marcbachmann/cel-js',
  'p-queue',
  'p-timeout',
  'eventemitter3',
  'uuidv7',
  'postal-mime',
  'standardwebhooks',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    '^.+\\.(c|m)?[jt]sx?$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly.join('|')})/)`],
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  // One more than cores, since a file that waits for a clock or a restart needs none; the one PostgreSQL of a run has
  // connections for four.
  maxWorkers: Math.min(4, Math.max(3, availableParallelism() + 1)),
  // What each file loaded stays in its worker; a new worker takes about a second.
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'babel',
  // The first file that asks for PostgreSQL or Temporal waits for their start, on a busy machine for a minute and more.
  testTimeout: 120_000,
};
