import { sourceName, type RuleDocumentation, type RuleSource } from '../domain/rule.ts';

/** The page of a rule in `docs/rules/`, in Markdown. */
export function formatRulePage(rule: RuleDocumentation): string {
  const layers = rule.layers.map((layer) => (layer === 'probe' && rule.writes ? 'probe (`--writes`)' : called(layer)));
  const ofFiles = rule.layers.includes('migrations');
  const falsePositives = rule.falsePositives ?? [];
  const parts = [
    `# ${rule.id}`,
    rule.summary,
    `Severity: **${rule.severity}**. Found by: ${layers.join(', ')}.`,
    '## What happens if it stays, and how to mend it',
    rule.help,
    ...(falsePositives.length === 0 ? [] : ['## Known false positives', bullets(falsePositives)]),
    ...(rule.examples.length === 0
      ? []
      : [
          '## Examples',
          ofFiles
            ? 'Each is a file of `migrations/`; the tables that it does not make are in use.'
            : 'Over the database of [the examples](README.md#the-database-of-the-examples).',
        ]),
    ...rule.examples.flatMap(({ bad, good, model, since, until }) => [
      ...(since === undefined ? [] : [`From PostgreSQL ${since} on:`]),
      ...(until === undefined ? [] : [`Before PostgreSQL ${until}:`]),
      ...(model === undefined ? [] : ['With, in `rowhouse.yaml`:', code('yaml', model)]),
      code('sql', bad),
      ...(good === undefined
        ? ['The finding brings the SQL that mends it.']
        : [ofFiles ? 'Instead:' : 'Mended by:', code('sql', good)]),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The index of `docs/rules/`. */
export function formatRuleIndex(
  rules: readonly RuleDocumentation[],
  world: { readonly sql: string; readonly model: string },
): string {
  const rows = rules.map(
    ({ id, severity, layers, summary }) =>
      `| [${id}](${id}.md) | ${severity} | ${layers.map(called).join(', ')} | ${summary.replaceAll('|', '\\|')} |`,
  );
  return [
    '# Rules',
    'Written by `npm run rules` from the rules themselves; `rowhouse explain <id>` says the same at the terminal.',
    ['| rule | severity | found by | reports |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    '## The database of the examples',
    'Sound walls, with nothing to report but residual risks. Every example breaks it in one place; the tests run them all.',
    code('sql', world.sql),
    code('yaml', world.model),
  ]
    .join('\n\n')
    .concat('\n');
}

function called(source: RuleSource): string {
  return source === 'migrations' ? `\`${sourceName(source)}\`` : sourceName(source);
}

function code(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trim()}\n\`\`\``;
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
