import type { LeakClass } from '../domain/leak-classes.ts';
import type { RuleDocumentation } from '../domain/rule.ts';
import type { PlantedLeak, SelfTestReport } from '../domain/self-test.ts';

export interface LeakClassesPage {
  readonly classes: readonly LeakClass[];
  readonly rules: readonly RuleDocumentation[];
  /** Of the database of the self-test's own tests. */
  readonly report: SelfTestReport;
  /** The test files of rules, by id: `test/probe/tenant-null.test.ts`. */
  readonly testOf: (id: string) => string | undefined;
}

/** Each leak class × lint and probe, with what plants it and what clears it, in Markdown. */
export function formatLeakClasses(page: LeakClassesPage): string {
  const groups = [...new Set(page.classes.map(({ group }) => group))];
  const parts = [
    '# Leak classes',
    `Every way that we know in which one tenant can see, change or infer another tenant's rows, and what finds it. Written by \`npm run classes\` from a run of
\`rowhouse verify --self-test\` over \`test/fixtures/self-test\`: a rule stands here if it found a leak of that class which was planted there.`,
    `**planted by**: \`self-test\` are the changes of \`src/selftest/mutations/<class>.ts\` (test/selftest/classes.test.ts, the test of that name), each of which is
rolled back; \`examples\` are those on the page of the rule (test/lint/examples.test.ts, \`<rule> <n>\`), each of which the rule's own fix clears. What clears the
changes of the self-test is the database without them, of which nothing may be said (test/selftest/classes.test.ts).`,
    ...groups.flatMap((group) => [
      `## ${group}`,
      [
        '| class | what leaks | lint | probe | planted by |',
        '| --- | --- | --- | --- | --- |',
        ...page.classes.filter((one) => one.group === group).map((one) => row(one, page)),
      ].join('\n'),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function row({ id, cause, beyond }: LeakClass, { rules, report, testOf }: LeakClassesPage): string {
  const leaks = report.classes.find((one) => one.id === id)?.leaks ?? [];
  const own = rules.find((rule) => rule.id === id);
  const lint = found(leaks, 'lint', own);
  const probe = found(leaks, 'probe', own);
  const tests = [
    ...(leaks.length > 0 ? [`self-test: ${leaks.map(({ variant }) => variant).join(', ')}`] : []),
    ...(own && own.examples.length > 0 ? [`examples: ${own.examples.map((_, index) => index + 1).join(', ')}`] : []),
    ...[testOf(id)].filter((file) => file !== undefined),
  ];
  const neither = lint.length + probe.length === 0 && beyond !== undefined;
  const cells = neither ? ['–', '–', beyond] : [linked(lint, rules), linked(probe, rules), tests.join('; ') || '–'];
  return `| ${[`\`${id}\``, cause, ...cells].join(' | ')} |`;
}

/** The rules of a layer that found leaks of a class, its own first; its own counts where nothing of it can be planted. */
function found(
  leaks: readonly PlantedLeak[],
  layer: 'lint' | 'probe',
  own: RuleDocumentation | undefined,
): readonly string[] {
  const ids = new Set(leaks.flatMap((leak) => leak[layer]));
  if (own?.layers.includes(layer) && (leaks.length === 0 || ids.has(own.id)))
    return [own.id, ...[...ids].filter((id) => id !== own.id).sort()];
  return [...ids].sort();
}

function linked(ids: readonly string[], rules: readonly RuleDocumentation[]): string {
  if (ids.length === 0) return '–';
  return ids.map((id) => (rules.some((rule) => rule.id === id) ? `[${id}](rules/${id}.md)` : id)).join(', ');
}
