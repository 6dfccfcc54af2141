import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { finding, mergeFindings, type Finding } from '../domain/finding.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { lintRules } from './index.ts';
import { lintInput } from './input.ts';
import type { LintRule } from './rule.ts';

/** What is wrong in the catalog for the app roles of the model. Reads no row and no file, and asks no server. */
export function lint(
  snapshot: CatalogSnapshot,
  model: Model,
  intent: Intent,
  options: { readonly rules?: readonly LintRule[] } = {},
): readonly Finding[] {
  const { rules = lintRules } = options;
  const found = model.roles.app.flatMap((role) => {
    const input = lintInput(snapshot, model, intent, role);
    return rules.flatMap((rule) =>
      [...rule.check(input)].map(({ aspect, ...observed }) =>
        finding({ ruleId: rule.id, severity: rule.severity, help: rule.help, evidence: {}, ...observed }, aspect),
      ),
    );
  });
  return mergeFindings(found);
}
