import { closureOf } from '../access/role-closure.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { finding, mergeFindings, type Finding } from '../domain/finding.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { lintRules } from './index.ts';
import { lintInput, type LintInput } from './input.ts';
import type { LintRule } from './rule.ts';

/** What is wrong in the catalog for the app roles of the model. Reads no row and no file, and asks no server. */
export function lint(
  snapshot: CatalogSnapshot,
  model: Model,
  intent: Intent,
  options: { readonly rules?: readonly LintRule[] } = {},
): readonly Finding[] {
  const { rules = lintRules } = options;
  const inputs = model.roles.app.map((role) => lintInput(snapshot, model, intent, role));
  const own = inputs.flatMap((input) => findingsOf(input, rules));
  const others = inputs.flatMap((input) =>
    rolesToBecome(input).flatMap((other) =>
      findingsOf(lintInput(snapshot, model, intent, other), rules)
        .filter(({ severity }) => severity !== 'info')
        .map((one) => ({ ...one, message: `${one.message}; ${input.role} may SET ROLE to ${other}` })),
    ),
  );
  return mergeFindings([...own, ...others]);
}

function findingsOf(input: LintInput, rules: readonly LintRule[]): readonly Finding[] {
  return rules.flatMap((rule) =>
    [...rule.check(input)].map(({ aspect, ...observed }) =>
      finding({ ruleId: rule.id, severity: rule.severity, help: rule.help, evidence: {}, ...observed }, aspect),
    ),
  );
}

/**
 * The roles that an app role is not, but may become: after SET ROLE, privileges and policies are those of the role of the moment.
 * Of those whom no policy binds, and of owners, role-bypasses-rls and role-can-become-owner tell.
 */
function rolesToBecome({ snapshot, model, access, tenantTables }: LintInput): readonly string[] {
  const { becomes, has, exempt } = access.closure;
  if (exempt) return [];
  return [...becomes].filter((other) => {
    const closure = closureOf(snapshot, other);
    const owns = tenantTables.some(({ relation }) => closure.has.has(relation.relowner));
    return !has.has(other) && !model.roles.app.includes(other) && !closure.exempt && !owns;
  });
}
