import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restoreSymlinks } from '../../src/embedded/symlinks.ts';
import { temporaryDir } from './support.ts';

function packageWithLinks(links: readonly { source: string; target: string }[]): string {
  const dir = temporaryDir();
  mkdirSync(join(dir, 'native', 'lib', 'deep'), { recursive: true });
  writeFileSync(join(dir, 'native', 'lib', 'libpq.so.5.18'), 'library');
  writeFileSync(join(dir, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  return dir;
}

test('makes the links that are missing, relative so that the folder can be moved', async () => {
  const dir = packageWithLinks([
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/deep/libpq.so' },
  ]);

  expect(await restoreSymlinks(dir)).toEqual(['native/lib/libpq.so.5', 'native/lib/deep/libpq.so']);
  expect(readlinkSync(join(dir, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect(readlinkSync(join(dir, 'native/lib/deep/libpq.so'))).toBe('../libpq.so.5.18');
});

test('leaves what is there', async () => {
  const dir = packageWithLinks([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]);
  writeFileSync(join(dir, 'native/lib/libpq.so.5'), 'a copy');

  expect(await restoreSymlinks(dir)).toEqual([]);
  expect(readdirSync(join(dir, 'native/lib')).sort()).toEqual(['deep', 'libpq.so.5', 'libpq.so.5.18']);
});

test('asks for nothing where a package lists no links', async () => {
  expect(await restoreSymlinks(temporaryDir())).toEqual([]);
});

test('two processes may restore at once', async () => {
  const dir = packageWithLinks([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]);

  const restored = await Promise.all([restoreSymlinks(dir), restoreSymlinks(dir)]);

  expect(restored.flat()).toContain('native/lib/libpq.so.5');
  expect(readlinkSync(join(dir, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
});
