import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentedRules } from '../../src/app/rules.ts';
import { leakClasses } from '../../src/domain/leak-classes.ts';
import { isFound, type SelfTestReport } from '../../src/domain/self-test.ts';
import { lintRules } from '../../src/lint/index.ts';
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
    const files = ['test/probe', 'test/lint'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `${folder}/${name}`),
    );
    const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
    const planted = new Set(report.classes.filter(({ leaks }) => leaks.length > 0).map(({ id }) => id));
    const shown = new Set(lintRules.filter(({ examples }) => examples.length > 0).map(({ id }) => id));
    // The file of its name; where nothing else plants it, one that names it.
    const testOf = (id: string): string | undefined =>
      files.find((file) => basename(file) === `${id}.test.ts`) ??
      (planted.has(id) || shown.has(id)
        ? undefined
        : files.find((file) => new RegExp(`\\b${id}\\b`).test(texts.get(file) ?? '')));
    const page = formatLeakClasses({ classes: leakClasses, rules: documentedRules(), report, testOf });
    await expect(page).toMatchFileSnapshot(join(root, 'docs', 'leak-classes.md'));
  });
});
