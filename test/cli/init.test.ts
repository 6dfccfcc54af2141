import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { openProject } from '../../src/app/project.ts';
import { jsonOf, test } from './support.ts';

const files = [
  'rowhouse.yaml',
  'migrations/README.md',
  'rollbacks/.gitkeep',
  'policies/.gitkeep',
  'seeds/undo/.gitkeep',
  '.gitignore',
  '.github/workflows/rowhouse.yml',
];

describe('init', () => {
  test('asks nothing without a terminal, and begins a project that works', async ({ project, rowhouse }) => {
    const { code, stdout } = await rowhouse.run('init', 'new/project');

    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(files.map((path) => `wrote ${path}`));
    const { model } = await openProject(join(project.directory, 'new/project'));
    expect(model.context).toMatchObject({ setting: 'app.current_tenant', type: 'uuid' });
    expect(model.roles.app).toEqual(['app_user']);
    const status = await rowhouse.run('status', '--check', '--project', 'new/project');
    expect(status).toMatchObject({ code: 0, stdout: 'The project has no migrations.\n' });
  });

  test('takes its answers from options, whatever characters they hold', async ({ project, rowhouse }) => {
    await rowhouse.run(
      ...['init', 'new', '--setting', 'my.tenant', '--type', 'bigint'],
      ...['--tenants', '"Mandanten: alle".kunde', '--app-role', '"web \'app\' # 1"'],
    );

    const { model } = await openProject(join(project.directory, 'new'));
    expect(model.context).toMatchObject({ setting: 'my.tenant', type: 'bigint' });
    expect(model.tenants.table).toEqual({ schema: 'Mandanten: alle', name: 'kunde' });
    expect(model.roles.app).toEqual([`web 'app' # 1`]);
  });

  test('--project names the folder as well, and not beside another', async ({ project, rowhouse }) => {
    const named = await rowhouse.run('init', '--project', 'new');
    const twice = await rowhouse.run('init', 'one', '--project', 'other');

    expect(named.code).toBe(0);
    await expect(openProject(join(project.directory, 'new'))).resolves.toBeDefined();
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('named twice') as string });
    expect(await readdir(project.directory)).not.toContain('one');
  });

  test('keeps what is there', async ({ project, rowhouse }) => {
    await project.write({ '.gitignore': 'mine\n' });
    const model = await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8');

    const result = await rowhouse.run('init', '--json');

    expect(jsonOf(result)).toEqual({
      files: files.map((path) => ({ path, written: path !== 'rowhouse.yaml' && path !== '.gitignore' })),
    });
    expect(await readFile(join(project.directory, '.gitignore'), 'utf8')).toBe('mine\n');
    expect(await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8')).toBe(model);
  });

  test.for([
    ['a setting without a prefix', ['--setting', 'tenant']],
    ['a table without a schema', ['--tenants', 'tenants']],
    ['a type that is none', ['--type', 'money']],
  ] as const)('refuses %s before it writes anything', async ([, options], { project, rowhouse }) => {
    const { code, stderr } = await rowhouse.run('init', 'new', ...options);

    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(await readdir(project.directory)).not.toContain('new');
  });

  test('says where it cannot write', async ({ project, rowhouse }) => {
    await project.write({ new: 'a file' });

    const { code, stderr } = await rowhouse.run('init', 'new');

    expect(code).toBe(2);
    expect(stderr).toMatch(/Cannot write .*new\/rowhouse\.yaml: (ENOTDIR|EEXIST)/);
  });
});
