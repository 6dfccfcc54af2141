import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { selectSubjects } from '../../src/app/verify.ts';
import { applyWaivers } from '../../src/app/waivers.ts';
import { finding } from '../../src/domain/finding.ts';
import { probes } from '../../src/probe/index.ts';

describe('selectSubjects', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f'];

  test('all, or a number that is spread over all', () => {
    expect(selectSubjects(all, 'all')).toEqual(all);
    expect(selectSubjects(all, 3)).toEqual(['a', 'c', 'e']);
    expect(selectSubjects(all, 10)).toEqual(all);
  });

  test('ids in the order in which they were asked for, each of which must exist', () => {
    expect(selectSubjects(all, ['f', 'a'])).toEqual(['f', 'a']);
    expect(() => selectSubjects(all, ['a', 'x'])).toThrow('no tenant x');
  });
});

test('a waiver holds for one rule on one object', () => {
  const made = (object: string) =>
    finding({ ruleId: 'tenant-null', severity: 'error', object, message: 'm', help: 'h', evidence: {} });
  const waiver = { rule: 'tenant-null', object: 'public.a', reason: 'old rows', until: null };
  const { findings, waived } = applyWaivers([made('public.a'), made('public.b')], [waiver], new Date());
  expect(findings.map(({ object }) => object)).toEqual(['public.b']);
  expect(waived).toMatchObject([{ reason: 'old rows', finding: { object: 'public.a' } }]);
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
