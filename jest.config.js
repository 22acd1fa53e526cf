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
  coverageProvider: 'babel',
  testTimeout: 60_000,
};
