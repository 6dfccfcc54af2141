// What `verify --writes` says of schemas of products, against what is known to be wrong with them. Fails where a known finding is not
// found, and where more is found, at or above a warning, of a product of which all is known.
// Run: npm run bench:verify-schemas -- FOLDER, see products.mjs
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { verifyProject } from '../dist/app/verify-project.js';
import { withProducts } from './products.mjs';

/** What is known and is no leak: a condition that changes nothing. */
const harmless = ['redundant_condition'];
/** Products whose authors closed what the others leave open, such as TRUNCATE for all. */
const known = ['basejump'];

await withProducts(async ({ name, directory, model, connection }) => {
  const expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8'));
  const wanted = expected.findings.filter(({ kind }) => !harmless.includes(kind));
  const report = await verifyProject({
    project: { directory, model },
    connection,
    toolVersion: 'bench',
    writes: true,
    failOn: 'warning',
    tenants: 'all',
    onProgress: () => {},
  });
  const grave = report.findings.filter(({ severity }) => severity !== 'info');
  const { relations, checks, generated } = report.coverage;
  console.log(
    `${name}: ${relations} relations, ${checks} checks, ${generated?.rows ?? 0} generated rows, ${grave.length} findings, ` +
      `${report.inconclusive.length} inconclusive`,
  );
  for (const { id, object, why } of wanted) {
    const rules = new Set(grave.filter((finding) => isOf(finding, object)).map(({ ruleId }) => ruleId));
    const answer = rules.size > 0 ? [...rules].join(', ') : 'MISSED';
    if (rules.size === 0) process.exitCode = 1;
    console.log(`  ${id} ${object} (${why}): ${answer}`);
  }
  const more = grave.filter((finding) => !wanted.some(({ object }) => isOf(finding, object)));
  if (more.length > 0 && known.includes(name)) process.exitCode = 1;
  counted('found beside them', more, ({ severity, ruleId }) => `${severity} ${ruleId}`);
  counted(
    'inconclusive',
    report.inconclusive,
    ({ ruleId, reason }) => `${ruleId}: ${reason.replace(/^As users .*?: /, '')}`,
  );
});

/** Prints how many there are of each kind. */
function counted(what, entries, kindOf) {
  const kinds = new Map();
  for (const entry of entries) kinds.set(kindOf(entry), (kinds.get(kindOf(entry)) ?? 0) + 1);
  for (const [kind, times] of kinds) console.log(`  ${what}: ${times} × ${kind}`);
}

/** Whether a finding is about a relation, or a policy of it. */
function isOf({ object }, relation) {
  return object === relation || object.startsWith(`${relation}.`);
}
