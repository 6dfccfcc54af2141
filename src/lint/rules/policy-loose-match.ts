import { policyLooseMatch as rule } from '../../domain/rules/policy-loose-match.ts';
import { findColumn } from '../../catalog/lookup.ts';
import { formatIdent } from '../../sql/ident.ts';
import { appliedPolicies, type Applied } from '../applied.ts';
import type { LintInput } from '../input.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { keyOf, partsOf, type Expression } from '../scope/expression.ts';
import { mentionsSetting } from '../scope/mentions.ts';
import type { Ownership } from '../scope/ownership.ts';
import { objectOf } from '../wording.ts';

const patterns = /^(!?~~\*?|!?~\*?|\^@)$/;
const inexact = /^(position|strpos|starts_with|left|right|substr|substring|string_to_array|regexp_\w+|similar_escape)$/;

export const policyLooseMatch: LintRule = {
  ...rule,
  examples: [
    {
      bad: `alter policy own on app.notes using (tenant_id::text like (select current_setting('app.current_tenant', true)));`,
    },
    {
      bad: `alter policy own on app.notes using (
  tenant_id::text = any (string_to_array((select current_setting('app.current_tenant', true)), ','))
);`,
    },
  ],
  *check(input) {
    const columns = new Set<number>();
    for (const applied of appliedPolicies(input)) {
      const { modelled, ownership, policy, expressions, scope } = applied;
      const { relation } = modelled;
      const loose = looseColumn(applied);
      if (loose !== null && !columns.has(relation.oid)) {
        columns.add(relation.oid);
        yield { object: objectOf(relation), message: loose };
      }
      if (scope === 'scoped') continue;
      const match = expressions.map((expression) => looseMatch(input, ownership, expression)).find((found) => found);
      if (!match) continue;
      const fix = mendPolicy(input, applied, policy, [
        { command: 'select', part: 'using', situations: [] },
        { command: 'insert', part: 'check', situations: [] },
      ]);
      yield {
        object: policyObject(relation, policy),
        severity: match.isPattern ? 'error' : 'warning',
        message: `it compares the tenant by ${match.by}${match.isPattern ? ', with the context as the pattern' : ''}`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};

interface Match {
  readonly by: string;
  /** The context is the pattern: a `%` in it matches every tenant. */
  readonly isPattern: boolean;
}

function looseMatch({ snapshot, model }: LintInput, ownership: Ownership, expression: Expression): Match | undefined {
  const isContext = (part: Expression): boolean => mentionsSetting(snapshot, model.context.setting, part);
  const isTenant = (part: Expression): boolean => [...partsOf(part)].some((one) => keyOf(one) === ownership.tenantKey);
  for (const part of partsOf(expression)) {
    if (!isContext(part) || !isTenant(part)) continue;
    if (part.kind === 'compare' && patterns.test(part.operator)) {
      return { by: words[part.operator] ?? part.operator, isPattern: isContext(part.right) };
    }
    const call = [...partsOf(part)].find((one) => one.kind === 'call' && inexact.test(one.name));
    const isComparison = part.kind === 'compare' || part.kind === 'any' || part.kind === 'call';
    if (isComparison && call?.kind === 'call' && (isContext(call) || isTenant(call))) {
      return { by: call.name, isPattern: false };
    }
  }
  return undefined;
}

const words: Readonly<Record<string, string>> = { '~~': 'LIKE', '~~*': 'ILIKE', '~': 'a regular expression' };

/** Why = on the owner column takes two tenants for one; null where it does not. */
function looseColumn({ modelled: { relation }, ownership }: Applied): string | null {
  const column = ownership.column === null ? undefined : findColumn(relation, ownership.column);
  if (column === undefined) return null;
  const name = formatIdent(column.attname);
  if (column.collisdeterministic === false) return `the collation of ${name} takes different texts for equal`;
  // Blanks at the end do not count there.
  return column.type.startsWith('character(')
    ? `${name} is ${column.type}, whose blanks at the end do not count`
    : null;
}
