import { describe, expect } from 'vitest';
import { openProject } from '../../src/app/project.ts';
import { readQueries } from '../../src/app/queries.ts';
import { test } from '../support/project.ts';

const model = (params: string): string => `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [app_user] }
tables:
  public.tenants: { tenancy: root }
queries:
  queries/one.sql: { params: ${params} }
`;

describe('the queries of a model', () => {
  test('are read, with their parameters', async ({ project }) => {
    const sql = '-- of one tenant\nselect name from tenants where id = $1 and name <> $2;\n';
    await project.write({ 'rowhouse.yaml': model("[{ tenant: own }, 'x']"), 'queries/one.sql': sql });
    const [query, ...more] = await readQueries(await openProject(project.directory));
    expect(more).toEqual([]);
    expect(query).toMatchObject({
      path: 'queries/one.sql',
      params: [{ kind: 'tenant', whose: 'own' }, { kind: 'literal' }],
    });
    expect(query?.sql).toContain('select name from tenants where id = $1 and name <> $2');
  });

  test.for([
    ['is not there', null, 'cannot be read'],
    ['writes', "update tenants set name = ''", 'is not one SELECT'],
    ['holds two', 'select 1; select 2', 'is not one SELECT'],
    ['holds none', '-- nothing\n', 'is not one SELECT'],
    ['is no SQL', 'selekt 1', 'is not SQL'],
    ['takes more', 'select $2::text', 'has 2 parameters, and the model gives 0'],
  ] as const)('one that %s is refused', async ([, sql, said], { project }) => {
    await project.write({ 'rowhouse.yaml': model('[]'), ...(sql !== null && { 'queries/one.sql': sql }) });
    await expect(openProject(project.directory).then(readQueries)).rejects.toMatchObject({
      kind: 'configuration',
      code: 'query-invalid',
      message: expect.stringContaining(`The query queries/one.sql of the model ${said}`) as unknown,
    });
  });
});
