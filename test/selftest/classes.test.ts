import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentedRules } from '../../src/app/rules.ts';
import { leakClasses } from '../../src/domain/leak-classes.ts';
import { isFound, type SelfTestReport } from '../../src/domain/self-test.ts';
import { lookAlikes, mutations } from '../../src/selftest/index.ts';
import { formatLeakClasses } from '../../src/report/leak-classes-page.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';
import { buildSelfTestWorld } from './support.ts';

let database: TestDatabase;
let report: SelfTestReport;

beforeAll(async () => {
  database = await createTestDatabase();
  report = await (await buildSelfTestWorld(database)).run({ tablesPerChange: 1 });
}, 300_000);

afterAll(() => database.drop());

test('nothing is said of the database as it is', () => {
  expect(report.before).toEqual({ findings: [], inconclusive: [] });
});

test('everything can be planted', () => {
  expect(report.refused).toEqual([]);
});

/** Classes for which the database of the fixture has no place. */
const placeless: readonly string[] = ['policy-empty-context'];

describe('planted leaks are found', () => {
  test.each(mutations)('$id', ({ id }) => {
    const leaks = report.classes.find((one) => one.id === id)?.leaks ?? [];
    expect(leaks.length > 0).toBe(!placeless.includes(id));
    expect(leaks.filter((leak) => !isFound(leak)).map(({ variant, object }) => `${variant} on ${object}`)).toEqual([]);
  });
});

describe('harmless changes raise no alarm', () => {
  test.each(lookAlikes)('$id', ({ id }) => {
    const changes = report.lookAlikes.filter((one) => one.id === id);
    expect(changes).not.toEqual([]);
    expect(
      changes.flatMap(({ variant, alarms, undecided }) =>
        [...alarms, ...undecided].map((said) => `${variant}: ${said}`),
      ),
    ).toEqual([]);
  });
});

describe('the checklist', () => {
  const root = join(import.meta.dirname, '..', '..');
  const newest = 18;

  test('names every class that is planted', () => {
    const known = leakClasses.map(({ id }) => id);
    expect(mutations.map(({ id }) => id).filter((id) => !known.includes(id))).toEqual([]);
  });

  // What an older server cannot have is planted in fewer ways there.
  test.skipIf(serverMajor < newest)('docs/leak-classes.md is current: npm run classes', async () => {
    const testOf = (id: string): string | undefined =>
      ['probe', 'lint'].map((layer) => `test/${layer}/${id}.test.ts`).find((file) => existsSync(join(root, file)));
    const page = formatLeakClasses({ classes: leakClasses, rules: documentedRules(), report, testOf });
    await expect(page).toMatchFileSnapshot(join(root, 'docs', 'leak-classes.md'));
  });
});
