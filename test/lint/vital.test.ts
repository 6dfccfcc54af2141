import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openProject } from '../../src/app/project.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { lint } from '../../src/lint/lint.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { migrateVital, root } from '../vital/vital.ts';
import { named } from './support.ts';

test("VITAL has residual risks alone; the document's policy is found for what it lets pass", async ({ database }) => {
  await migrateVital(database);
  expect(await harmful(database)).toEqual([]);
  await database.client.query(readFileSync(join(root, 'src', 'demo', 'document', 'policy.sql'), 'utf8'));
  expect(await harmful(database)).toEqual(['policy-shared-writable public.tools.tenant_isolation']);
});

async function harmful({ client }: TestDatabase): Promise<readonly string[]> {
  const { model } = await openProject(root);
  const snapshot = await readSnapshot(client);
  return named(lint(snapshot, model, compileIntent(model, snapshot)).filter(({ severity }) => severity !== 'info'));
}
