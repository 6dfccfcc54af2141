import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // A process a worker, and not one a file: what the files import is loaded once. So a test leaves nothing behind in its
    // process (environment, listeners), as it leaves nothing on the server.
    isolate: false,
    // Every worker has databases of its own on one server, which needs a core too.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What happens after a process has died is waited for, on a machine that other tests keep busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
