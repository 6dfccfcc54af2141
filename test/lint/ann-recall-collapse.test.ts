import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { lint } from '../../src/lint/lint.ts';
import { annRecallCollapse } from '../../src/lint/rules/ann-recall-collapse.ts';
import { test } from '../support/test.ts';
import { buildLintWorld } from './support.ts';

/** pgvector is on few servers: an index of that name does, whatever it finds. */
const standIn = `
  create access method hnsw type index handler pg_catalog.hashhandler;
  create operator class any_ops default for type uuid using hnsw
    as operator 1 =, function 1 pg_catalog.uuid_hash(uuid)`;

test('an approximate index over all tenants, unless it is one of a tenant, or goes on until enough rows pass', async ({
  database,
}) => {
  const world = await buildLintWorld(database);
  const found = async (extversion = '0.8.0'): Promise<readonly unknown[]> => {
    const snapshot = {
      ...(await readSnapshot(database.client)),
      extensions: [{ extname: 'vector', extversion, nspname: 'public', connectacl: [] }],
    };
    const findings = lint(snapshot, world.model, compileIntent(world.model, snapshot), { rules: [annRecallCollapse] });
    return findings.map(({ object, fix }) => [object, fix]);
  };
  const [role = ''] = world.model.roles.app;
  const fix = `alter role "${role}" set hnsw.iterative_scan = 'strict_order';`;
  await world.sql(standIn);

  await world.sql(
    `create index few on app.notes using hnsw (id) where tenant_id = '00000000-0000-0000-0000-000000000001'`,
  );
  expect(await found()).toEqual([]);

  await world.sql('create index near on app.notes using hnsw (id)');
  expect(await found()).toEqual([['app.notes', fix]]);
  expect(await found('0.7.4')).toEqual([['app.notes', undefined]]);

  await world.sql(fix);
  expect(await found()).toEqual([]);
});
