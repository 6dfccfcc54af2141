import { cp, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { spawnNode } from '../support/cli.ts';

test('what V8 has compiled is kept beside the bundle, and neither a broken file nor a folder that is none is in the way', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rowhouse-compiled-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const compiled = join(dir, 'dist/bundle/compiled');
  const built = inject('packageDir');
  for (const name of ['bin', 'dist']) await cp(join(built, name), join(dir, name), { recursive: true });
  for (const name of ['node_modules', 'package.json']) await symlink(join(built, name), join(dir, name));
  await rm(compiled, { recursive: true, force: true });
  const explain = async (env = {}) => {
    const { code, stdout, stderr } = await spawnNode([join(dir, 'bin/rowhouse.js'), 'explain', 'rls-disabled'], { env })
      .result;
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };

  const said = await explain({ NODE_DISABLE_COMPILE_CACHE: '1' });
  await expect(readdir(compiled)).rejects.toThrow('ENOENT');

  expect(await explain()).toBe(said);
  const [release = ''] = await readdir(compiled);
  const kept = await readdir(join(compiled, release));
  const chunk = join(compiled, release, kept.find((name) => name.startsWith('main-')) ?? '');
  const whole = await readFile(chunk);
  expect(kept.every((name) => name.endsWith('.cjs'))).toBe(true);

  await truncate(chunk, 100);
  expect(await explain()).toBe(said);
  expect((await readFile(chunk)).length).toBeGreaterThan(whole.length / 2);

  await rm(compiled, { recursive: true });
  await writeFile(compiled, '');
  expect(await explain()).toBe(said);
});
