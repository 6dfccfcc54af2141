import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintRules } from '../../src/lint/index.ts';
import { isPossible, named, sharedLintWorld } from './support.ts';

const shared = sharedLintWorld();

/** What no SQL can plant on every server: each has a test of its own. */
const withoutExample = ['ann-recall-collapse', 'server-known-cve', 'upsert-sees-hidden'];

test('the world of the examples has no finding but residual risks, and each of those', () => {
  const { residual } = shared();
  expect(residual.filter(({ severity }) => severity !== 'info')).toEqual([]);
  const inAnyDatabase = lintRules
    .filter(
      ({ id, severity, examples }) => severity === 'info' && examples.length === 0 && !withoutExample.includes(id),
    )
    .map(({ id }) => id);
  const found = residual.map(({ ruleId }) => ruleId).filter((id) => !withoutExample.includes(id));
  expect(found).toEqual(inAnyDatabase);
});

describe('every example gives exactly its finding, which its fix takes away', () => {
  for (const rule of lintRules) {
    for (const [index, example] of rule.examples.entries()) {
      test.skipIf(!isPossible(example))(`${rule.id} ${index + 1}`, async () => {
        const world = shared();
        await world.within(async () => {
          await world.sql(example.bad);
          const found = await world.findings(example.model);
          expect(named(found).map((name) => name.split(' ')[0])).toEqual([rule.id]);
          const fix = found[0]?.fix ?? example.good;
          if (fix === undefined) throw new Error('The finding has no fix, and the example no good.');
          await world.sql(fix);
          expect(named(await world.findings(example.model))).toEqual([]);
        });
      });
    }
  }
});

describe('every rule', () => {
  test.each(lintRules)(
    '$id has a file of that name, words, and an example',
    ({ id, severity, summary, help, examples }) => {
      expect(existsSync(join(import.meta.dirname, '..', '..', 'src', 'lint', 'rules', `${id}.ts`))).toBe(true);
      expect(summary).toMatch(/\.$/);
      expect(help).toMatch(/\.$/);
      if (severity !== 'info' && !withoutExample.includes(id)) expect(examples.length).toBeGreaterThan(0);
    },
  );

  test('stands in the registry once, in the order of ids', () => {
    const ids = lintRules.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});
