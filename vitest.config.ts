import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // Every worker has databases of its own on one server, which needs a core too.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What happens after a process has died is waited for, on a machine that other tests keep busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
