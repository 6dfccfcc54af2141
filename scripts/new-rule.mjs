// Writes the files of a new rule and its line in the registry. Run: npm run new -- lint|probe ID
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [layer, id] = process.argv.slice(2);
if (!['lint', 'probe'].includes(layer) || !/^[a-z]+(-[a-z]+)*$/.test(id ?? '')) {
  console.error('Usage: npm run new -- lint|probe ID, an ID such as view-definer.');
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

const files =
  layer === 'lint'
    ? [[`src/lint/rules/${id}.ts`, lint]]
    : [
        [`src/probe/probes/${id}.ts`, probe],
        [`test/probe/${id}.test.ts`, probeTest],
      ];
for (const [path, text] of files) {
  if (existsSync(join(root, path))) {
    console.error(`${path} is there already.`);
    process.exit(1);
  }
  writeFileSync(join(root, path), text);
}
const registry = join(root, 'src', layer, 'index.ts');
const folder = layer === 'lint' ? 'rules' : 'probes';
const source = readFileSync(registry, 'utf8');
const imported = `import { ${name} } from './${folder}/${id}.ts';\n`;
writeFileSync(
  registry,
  source.replace('\n/**', () => `${imported}\n/**`).replace(/,?\s*\];\s*$/, `,\n  ${name},\n];\n`),
);
console.log(`Written: ${files.map(([path]) => path).join(', ')}, and a line at the end of src/${layer}/index.ts.`);
console.log(
  layer === 'lint'
    ? 'Put the line where its id belongs. Its examples are its tests: npm test -- test/lint/examples.test.ts'
    : `Its test fails until the probe finds what it plants: npm test -- test/probe/${id}.test.ts`,
);
