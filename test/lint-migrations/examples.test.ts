import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrationRules } from '../../src/lint-migrations/index.ts';
import { found } from './support.ts';

describe('every example gives exactly its finding, and what mends it none', () => {
  for (const { id, examples } of migrationRules) {
    test.each(examples.map((example, index) => ({ ...example, number: index + 1 })))(
      `${id} $number`,
      ({ bad, good }) => {
        expect(found(bad).map((name) => name.split(' ')[0])).toEqual([id]);
        expect(found(good)).toEqual([]);
      },
    );
  }
});

describe('every rule', () => {
  test.each(migrationRules)('$id has a file of that name, words, and an example', ({ id, summary, help, examples }) => {
    const rules = join(import.meta.dirname, '..', '..', 'src', 'lint-migrations', 'rules');
    expect(existsSync(join(rules, `${id}.ts`))).toBe(true);
    expect(summary).toMatch(/\.$/);
    expect(help).toMatch(/\.$/);
    expect(examples.length).toBeGreaterThan(0);
  });

  test('stands in the registry once, in the order of ids', () => {
    const ids = migrationRules.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});
