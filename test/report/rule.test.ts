import { expect, test } from 'vitest';
import type { RuleDocumentation } from '../../src/domain/rule.ts';
import { formatRuleIndex, formatRulePage } from '../../src/report/rule-page.ts';
import { formatRule } from '../../src/report/rule-text.ts';

const rule: RuleDocumentation = {
  id: 'view-definer',
  severity: 'error',
  summary: 'A view reads | as its owner.',
  help: 'Every tenant sees all. Make it security_invoker.',
  falsePositives: ['A view that filters in a function.'],
  layers: ['lint', 'probe'],
  writes: true,
  examples: [
    { bad: 'create view v as select 1;', good: 'drop view v;', model: 'tables: {}', since: 15, until: 18 },
    { bad: 'alter view v reset (security_invoker);' },
  ],
};

test('a page says what the rule says, and how each example is mended', () => {
  expect(formatRulePage(rule)).toBe(`# view-definer

A view reads | as its owner.

Severity: **error**. Found by: lint, probe (\`--writes\`).

## What happens if it stays, and how to mend it

Every tenant sees all. Make it security_invoker.

## Known false positives

- A view that filters in a function.

## Examples

Over the database of [the examples](README.md#the-database-of-the-examples).

From PostgreSQL 15 on:

Before PostgreSQL 18:

With, in \`rowhouse.yaml\`:

\`\`\`yaml
tables: {}
\`\`\`

\`\`\`sql
create view v as select 1;
\`\`\`

Mended by:

\`\`\`sql
drop view v;
\`\`\`

\`\`\`sql
alter view v reset (security_invoker);
\`\`\`

The finding brings the SQL that mends it.
`);
});

test('the index escapes what would break its table', () => {
  const index = formatRuleIndex([rule], { sql: 'select 1;', model: 'tables: {}' });
  expect(index).toContain('| [view-definer](view-definer.md) | error | lint, probe | A view reads \\| as its owner. |');
  expect(index).toContain('```sql\nselect 1;\n```');
});

test('at a terminal it is wrapped, and its SQL is not', () => {
  const text = formatRule(rule, { color: false, width: 40 });
  expect(text).toMatch(/^view-definer {2}error, found by lint and probe with --writes\n/);
  expect(text).toContain('\n    alter view v reset (security_invoker);\n');
  const prose = text.split('\n').filter((line) => !line.startsWith('    ') && !line.startsWith('view-definer'));
  expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(40);
});
