import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfTest, type SelfTestOptions } from '../../src/app/self-test.ts';
import type { SelfTestReport } from '../../src/domain/self-test.ts';
import type { Model } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';
import type { TestDatabase } from '../support/database.ts';

const fixture = join(import.meta.dirname, '..', 'fixtures', 'self-test');
const roles = ['app_owner', 'app_user', 'app_worker', 'etl_user'];

export interface SelfTestWorld {
  readonly model: Model;
  readonly run: (options?: Partial<SelfTestOptions>) => Promise<SelfTestReport>;
}

/** The database of the fixture, in one of the test's own. */
export async function buildSelfTestWorld(database: TestDatabase): Promise<SelfTestWorld> {
  const names = new Map(roles.map((role) => [role, database.uniqueRole(role)]));
  const unique = (text: string): string => text.replace(/\b[a-z]+_[a-z]+\b/g, (word) => names.get(word) ?? word);
  await database.client.query(unique(await readFile(join(fixture, 'schema.sql'), 'utf8')));
  const model = parseModel(unique(await readFile(join(fixture, 'rowhouse.yaml'), 'utf8')), 'rowhouse.yaml');
  return {
    model,
    run: (options) =>
      selfTest({
        tool: { name: 'rowhouse', version: '0.0.0' },
        model,
        connect: () => database.connect(),
        ...options,
      }),
  };
}
