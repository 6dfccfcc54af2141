import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { jsonOf, test } from './support.ts';

describe('catalog', () => {
  test('prints the snapshot, and what there is of it, without a model', async ({ database, project, rowhouse }) => {
    await database.client.query(
      'create table parents (id int primary key); create table t (id int references parents)',
    );
    await project.remove('rowhouse.yaml');

    expect(jsonOf(await rowhouse.run('catalog', '--json'))).toMatchObject({
      relations: [{ relname: 'parents' }, { relname: 't', columns: [{ attname: 'id', type: 'integer' }] }],
    });
    expect((await rowhouse.run('catalog')).stdout).toMatch(/tables +2\n.*\ncolumns +2\nforeign keys +1/);
  });

  test('tells what changed since it was printed', async ({ database, project, rowhouse }) => {
    await database.client.query('create table a (id int); create table b (id int); insert into a values (1)');
    const printed = await rowhouse.run('catalog', '--logical', '--rows', '--json');
    await project.write({ 'before.json': printed.stdout });
    const file = join(project.directory, 'before.json');

    expect(await rowhouse.run('catalog', '--compare', file)).toMatchObject({ code: 0, stdout: 'Nothing differs.\n' });

    await database.client.query('insert into a values (2); drop table b; create view c as select 1 as one');
    const { code, stdout } = await rowhouse.run('catalog', '--compare', file);
    expect(code).toBe(4);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '~ rows public.a',
        '- rows public.b',
        expect.stringMatching(/^\+ .*public\.c/) as string,
      ]),
    );
    expect(jsonOf(await rowhouse.run('catalog', '--compare', file, '--json'))).toMatchObject({
      differences: expect.arrayContaining([
        expect.objectContaining({ object: 'rows public.b', after: null }),
      ]) as unknown,
    });
  });

  test('refuses to compare with what is no catalog', async ({ project, rowhouse }) => {
    await project.write({ 'other.json': '{"a": 1}' });

    const { code, stderr } = await rowhouse.run('catalog', '--compare', join(project.directory, 'other.json'));

    expect(code).toBe(2);
    expect(stderr).toContain('is no printed catalog');
  });
});
