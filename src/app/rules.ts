import { RowhouseError } from '../domain/errors.ts';
import type { Rule, RuleDocumentation, RuleSource } from '../domain/rule.ts';
import { lintRules } from '../lint/index.ts';
import { migrationRules } from '../lint-migrations/index.ts';
import { suggestion } from '../model/suggest.ts';
import { probes } from '../probe/index.ts';
import { proofRules } from '../prove/findings.ts';

/** What is to be said of every rule, by id; a rule that two layers apply is one. */
export function documentedRules(): readonly RuleDocumentation[] {
  const documented = new Map<string, RuleDocumentation>();
  const add = (rule: Rule, layer: RuleSource, rest: Pick<RuleDocumentation, 'writes' | 'examples'>): void => {
    const { id, severity, summary, help, falsePositives = [] } = rule;
    const other = documented.get(id);
    documented.set(id, {
      ...(other ?? { id, severity, summary, help, falsePositives }),
      layers: [...(other?.layers ?? []), layer],
      writes: rest.writes,
      examples: [...(other?.examples ?? []), ...rest.examples],
    });
  };
  for (const rule of lintRules) add(rule, 'lint', { writes: false, examples: rule.examples });
  for (const rule of proofRules) add(rule, 'prove', { writes: false, examples: [] });
  for (const probe of probes) add(probe, 'probe', { writes: probe.writes, examples: [] });
  for (const rule of migrationRules) add(rule, 'migrations', { writes: false, examples: rule.examples });
  return [...documented.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * What is to be said of one rule.
 *
 * @throws RowhouseError `unknown-rule`
 */
export function explain(id: string): RuleDocumentation {
  const rules = documentedRules();
  const found = rules.find((rule) => rule.id === id);
  if (found) return found;
  const ids = rules.map((rule) => rule.id);
  throw new RowhouseError('usage', 'unknown-rule', `There is no rule ${id}${suggestion(id, ids)}.`, {
    hint: 'The rules: `rowhouse explain` without an id.',
  });
}
