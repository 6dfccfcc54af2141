import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { namedSubjects } from '../../src/app/select-subjects.ts';
import { probes } from '../../src/probe/index.ts';

test('tenants are looked at in the order in which they were asked for, each once, and each must exist', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(namedSubjects(all, ['f', 'a', 'f'])).toEqual(['f', 'a']);
  expect(() => namedSubjects(all, ['a', 'x'])).toThrow('no tenant x');
});

test('every probe is one file of the name of its id, and says what is wrong and what to do', () => {
  const files = readdirSync(new URL('../../src/probe/probes/', import.meta.url)).map((file) =>
    file.replace(/\.ts$/, ''),
  );
  expect(probes.map(({ id }) => id).sort()).toEqual(files.sort());
  for (const { summary, help } of probes) {
    expect(summary).toMatch(/\.$/);
    expect(help).toMatch(/\.$/);
  }
});
