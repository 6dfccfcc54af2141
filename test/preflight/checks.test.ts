import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checks } from '../../src/preflight/index.ts';

const root = join(import.meta.dirname, '..', '..');

test('a check is a file of its name, and a line of docs/doctor.md', () => {
  const files = readdirSync(join(root, 'src/preflight/checks')).map((name) => name.replace(/\.ts$/, ''));
  const page = readFileSync(join(root, 'docs/doctor.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z-]+)` /gm)].map((match) => match[1]);

  expect(files.sort()).toEqual(checks.map(({ id }) => id).sort());
  expect(listed).toEqual(checks.map(({ id }) => id));
});
