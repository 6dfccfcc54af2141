import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFound, type SelfTestReport } from '../../src/domain/self-test.ts';
import { lookAlikes, mutations } from '../../src/selftest/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
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

/** Classes for which the verifier has no rule yet, or none that finds every variant. */
const open: readonly string[] = [
  'fk-cascade-crosses',
  'fk-crosses-tenants',
  'function-definer',
  'matview-exposed',
  'policy-empty-context',
  'policy-fallback-tenant',
  'policy-immutable-context',
  'policy-lookup-writable',
  'policy-loose-match',
  'policy-null-tenant',
  'policy-recursion',
  'policy-session-user',
  'policy-unqualified-helper',
  'rule-runs-as-owner',
  'tenant-column-mutable',
  'tenant-default-constant',
  'trigger-copies-out',
  'trigger-rewrites-tenant',
  'unique-oracle',
  'upsert-through-view',
  'view-definer',
  'view-definer-writable',
  'view-not-barrier',
];

describe('planted leaks are found', () => {
  test.each(mutations.filter(({ id }) => !open.includes(id)))('$id', ({ id }) => {
    const leaks = report.classes.find((one) => one.id === id)?.leaks ?? [];
    expect(leaks).not.toEqual([]);
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
