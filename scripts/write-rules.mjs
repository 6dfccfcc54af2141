// Writes docs/rules/ from the rules. Run: npm run rules; with --check it writes nothing, and fails where a page is not current.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentedRules } from '../dist/app/rules.js';
import { worldModel, worldSql } from '../dist/lint/world.js';
import { formatRuleIndex, formatRulePage } from '../dist/report/rule-page.js';

const folder = join(import.meta.dirname, '..', 'docs', 'rules');
const rules = documentedRules();
const pages = new Map([
  ['README.md', formatRuleIndex(rules, { sql: worldSql, model: worldModel })],
  ...rules.map((rule) => [`${rule.id}.md`, formatRulePage(rule)]),
]);
const found = existsSync(folder) ? readdirSync(folder) : [];
const stale = [
  ...found.filter((name) => !pages.has(name)),
  ...[...pages].filter(([name, text]) => readOrNull(name) !== text).map(([name]) => name),
];

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`docs/rules/ is not current: ${stale.join(', ')}. Run: npm run rules`);
    process.exitCode = 1;
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of found.filter((page) => !pages.has(page))) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  console.log(`${pages.size} pages, ${stale.length} changed.`);
}

function readOrNull(name) {
  return found.includes(name) ? readFileSync(join(folder, name), 'utf8') : null;
}
