// Writes the files of a new rule and its line in the registry. Run: npm run new -- lint|migration|probe ID
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [layer, id] = process.argv.slice(2);
if (!['lint', 'migration', 'probe'].includes(layer) || !/^[a-z]+(-[a-z]+)*$/.test(id ?? '')) {
  console.error('Usage: npm run new -- lint|migration|probe ID, an ID such as view-definer.');
  process.exit(2);
}
const name = id.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

const lint = `import type { LintRule } from '../rule.ts';

export const ${name}: LintRule = {
  id: '${id}',
  severity: 'warning',
  summary: 'What is wrong where it reports, in one sentence.',
  help: 'What happens if it stays. How to mend it.',
  examples: [{ bad: 'select 1;', good: 'select 1;' }],
  *check({ tenantTables }) {
    for (const { relation } of tenantTables) {
      yield { object: relation.relname, message: 'what was found' };
    }
  },
};
`;

const migration = `import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';

export const ${name}: MigrationRule = {
  id: '${id}',
  severity: 'warning',
  summary: 'What is wrong where it reports, in one sentence.',
  help: 'What happens if it stays. How to mend it.',
  examples: [{ bad: 'select 1;', good: 'select 1;' }],
  *check({ node, file, schema }) {
    for (const { table } of alterationsOf(node)) {
      if (!schema.isNew(table, file)) yield { about: shown(table), message: 'what it does' };
    }
  },
};
`;

const probe = `import type { Probe } from '../probe.ts';

/** What must hold. */
export const ${name}: Probe = {
  id: '${id}',
  severity: 'error',
  summary: 'What is wrong where it reports, in one sentence.',
  help: 'What happens if it stays. How to mend it.',
  writes: false,
  run(run) {
    for (const { name: object } of run.targets) run.tally.inconclusive('${id}', object, 'It was not looked at.');
    return Promise.resolve();
  },
};
`;

const probeTest = `import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, found, notesSchema, soundPolicies } from './world.ts';

test('${id} plants and clears', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  expect(found(await world.verify())).toEqual([]);
  await world.sql('alter table notes no force row level security');
  expect(found(await world.verify())).toEqual(['${id} public.notes']);
});
`;

const { folder, registry, rules, test, next } = {
  lint: {
    folder: 'src/lint/rules',
    registry: 'src/lint/index.ts',
    rules: lint,
    next: 'Put the line where its id belongs. Its examples are its tests: npm test -- test/lint/examples.test.ts',
  },
  migration: {
    folder: 'src/lint-migrations/rules',
    registry: 'src/lint-migrations/index.ts',
    rules: migration,
    next: 'Put the line where its id belongs. Its examples are its tests: npm test -- test/lint-migrations/examples.test.ts',
  },
  probe: {
    folder: 'src/probe/probes',
    registry: 'src/probe/index.ts',
    rules: probe,
    test: probeTest,
    next: `Its test fails until the probe finds what it plants: npm test -- test/probe/${id}.test.ts`,
  },
}[layer];
const files = [[`${folder}/${id}.ts`, rules], ...(test === undefined ? [] : [[`test/probe/${id}.test.ts`, test]])];
for (const [path, text] of files) {
  if (existsSync(join(root, path))) {
    console.error(`${path} is there already.`);
    process.exit(1);
  }
  writeFileSync(join(root, path), text);
}
const index = join(root, registry);
const imported = `import { ${name} } from './${folder.split('/').at(-1)}/${id}.ts';\n`;
writeFileSync(
  index,
  readFileSync(index, 'utf8')
    .replace('\n/**', () => `${imported}\n/**`)
    .replace(/,?\s*\];\s*$/, `,\n  ${name},\n];\n`),
);
console.log(`Written: ${files.map(([path]) => path).join(', ')}, and a line at the end of ${registry}.`);
console.log(next);
