import { inject, test as base } from 'vitest';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

/** Vitest's `test` with a `database` of each test's own, made when the test asks for it and dropped after it. */
export const test = base.extend<{ database: TestDatabase }>({
  // Vitest reads the names of the fixtures that this one needs from a destructured first parameter.
  database: async ({}, use) => {
    const database = await createTestDatabase();
    await use(database);
    await database.drop();
  },
});

/** The major version of the server under test, for `test.skipIf(serverMajor < 15)`. */
export const serverMajor: number = inject('serverMajor');
