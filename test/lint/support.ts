import { afterAll, beforeAll, inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { compileIntent } from '../../src/intent/compile.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { lint } from '../../src/lint/lint.ts';
import { worldModel, worldRoles, worldSql } from '../../src/lint/world.ts';
import type { Model } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** The world of the examples in a database of the test's own. */
export interface LintWorld {
  /** Runs SQL as the superuser; the roles' names are made unique. */
  readonly sql: (text: string) => Promise<void>;
  /** The model of the sound world, with the roles' unique names. */
  readonly model: Model;
  /** That model with the keys of an example. */
  readonly modelWith: (extra: string) => Model;
  /** Does work in a transaction that is rolled back: the world is as before. */
  readonly within: (work: () => Promise<void>) => Promise<void>;
  /** What they find in the sound world. */
  readonly residual: readonly Finding[];
  /** What some rules find, beside that or not. */
  readonly findingsOf: (rules: readonly string[]) => Promise<readonly Finding[]>;
  /** What the lints find beside that. */
  readonly findings: (model?: string) => Promise<readonly Finding[]>;
}

export async function buildLintWorld(database: TestDatabase): Promise<LintWorld> {
  const names = new Map(worldRoles.map((role) => [role as string, database.uniqueRole(role)]));
  const unique = (text: string): string =>
    [...names].reduce((written, [role, name]) => written.replace(new RegExp(`\\b${role}\\b`, 'g'), name), text);
  const sql = async (text: string): Promise<void> => {
    await database.client.query(unique(text));
  };
  await sql(worldSql);
  const modelWith = (extra: string): Model => parseModel(unique(mergedModel(extra)), 'rowhouse.yaml');
  const findings = async (extra = ''): Promise<readonly Finding[]> => {
    const snapshot = await readSnapshot(database.client);
    const model = modelWith(extra);
    return lint(snapshot, model, compileIntent(model, snapshot));
  };
  const residual = await findings();
  const known = new Set(residual.map(({ fingerprint }) => fingerprint));
  const within = async (work: () => Promise<void>): Promise<void> => {
    await database.client.query('begin');
    try {
      await work();
    } finally {
      await database.client.query('rollback');
    }
  };
  return {
    sql,
    model: modelWith(''),
    modelWith,
    within,
    residual,
    findingsOf: async (rules) => (await findings()).filter(({ ruleId }) => rules.includes(ruleId)),
    findings: async (model) => (await findings(model)).filter(({ fingerprint }) => !known.has(fingerprint)),
  };
}

type Yaml = Readonly<Record<string, unknown>>;

/** The model of the world with an example's keys: those of a mapping are added to it, anything else is replaced. */
function mergedModel(extra: string): string {
  const merge = (base: Yaml, added: Yaml): Yaml => ({
    ...base,
    ...Object.fromEntries(
      Object.entries(added).map(([key, value]) => {
        const [old, own] = [asMapping(base[key]), asMapping(value)];
        return [key, old && own ? { ...old, ...own } : value];
      }),
    ),
  });
  return stringify(merge(parse(worldModel) as Yaml, (parse(extra) ?? {}) as Yaml));
}

function asMapping(value: unknown): Yaml | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Yaml) : undefined;
}

/** As `rule object`. */
export function named(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ ruleId, object }) => `${ruleId} ${object}`).sort();
}

/** Whether the server of this run can have an example. */
export function isPossible({ since = 14, until = 99 }: { since?: number; until?: number }): boolean {
  const major = inject('serverMajor');
  return major >= since && major < until;
}

/** One world for all tests of a file: each breaks it in a transaction that is rolled back. */
export function sharedLintWorld(): () => LintWorld {
  let database: TestDatabase | undefined;
  let world: LintWorld | undefined;
  beforeAll(async () => {
    database = await createTestDatabase();
    world = await buildLintWorld(database);
  });
  afterAll(() => database?.drop());
  return () => {
    if (world === undefined) throw new Error('The world is built before the tests.');
    return world;
  };
}
