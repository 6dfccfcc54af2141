import { policyLooseMatch as rule } from '../../domain/rules/policy-loose-match.ts';
import { findColumn } from '../../catalog/lookup.ts';
import { formatIdent } from '../../sql/ident.ts';
import { appliedPolicies, type Applied } from '../applied.ts';
import type { LintInput } from '../input.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { keyOf, partsOf, type Expression } from '../scope/expression.ts';
import { mentionsSetting } from '../scope/mentions.ts';
import { objectOf } from '../wording.ts';

const patterns = /^(!?~~\*?|!?~\*?|\^@)$/;
const inexact = /^(position|strpos|starts_with|left|right|substr|substring|string_to_array|regexp_\w+|similar_escape)$/;
/** What gives one result for several ids. */
const lossy =
  /^(mod|div|abs|sign|round|floor|ceil|ceiling|trunc|date_trunc|width_bucket|\w*length|ascii|split_part|replace|translate|overlay|crc32\w*|hash\w+|\w+_hash)$/;
const lossyOperators = /^[%/&|#]$|^(<<|>>)$/;
/** A cast that cuts off what does not fit, without an error. */
const lossyTypes = /^(varchar|bpchar|bit|varbit)\(n\)$|^(bool|char|name)$/;
/** What gives one result for several texts, though not for several ids of a type of its own. */
const folding = /^(lower|upper|initcap|casefold|normalize|unaccent|[blr]?trim)$/;
const textTypes = /^(text|citext|character varying|name)/;

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
    {
      bad: `alter policy own on app.notes using (
  hashtext(tenant_id::text) = hashtext((select app.current_tenant())::text)
);`,
    },
  ],
  *check(input) {
    const columns = new Set<number>();
    for (const applied of appliedPolicies(input)) {
      const { modelled, policy, expressions, scope } = applied;
      const { relation } = modelled;
      const loose = looseColumn(applied);
      if (loose !== null && !columns.has(relation.oid)) {
        columns.add(relation.oid);
        yield { object: objectOf(relation), message: loose };
      }
      if (scope === 'scoped') continue;
      const match = expressions.map((expression) => looseMatch(input, applied, expression)).find((found) => found);
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

function looseMatch(
  { snapshot, model }: LintInput,
  { modelled: { relation }, ownership }: Applied,
  expression: Expression,
): Match | undefined {
  const column = ownership.column === null ? undefined : findColumn(relation, ownership.column);
  const isText = column === undefined || textTypes.test(column.type);
  const isContext = (part: Expression): boolean => mentionsSetting(snapshot, model.context.setting, part);
  const isTenant = (part: Expression): boolean => [...partsOf(part)].some((one) => keyOf(one) === ownership.tenantKey);
  for (const part of partsOf(expression)) {
    if (!isContext(part) || !isTenant(part)) continue;
    if (part.kind === 'compare' && patterns.test(part.operator)) {
      return { by: words[part.operator] ?? part.operator, isPattern: isContext(part.right) };
    }
    if (part.kind !== 'compare' && part.kind !== 'any' && part.kind !== 'call') continue;
    for (const one of partsOf(part)) {
      const by = inexactly(one, isText);
      if (by !== null && (isTenant(one) || (isContext(one) && by.anywhere))) return { by: by.name, isPattern: false };
    }
  }
  return undefined;
}

/** What of a comparison takes several tenants for one; null where nothing does. Some does so of the context alone, too. */
function inexactly(part: Expression, isText: boolean): { readonly name: string; readonly anywhere: boolean } | null {
  if (part.kind === 'call') {
    if (inexact.test(part.name) || (isText && folding.test(part.name))) return { name: part.name, anywhere: true };
    if (lossy.test(part.name)) return { name: part.name, anywhere: false };
  }
  if (part.kind === 'compare' && lossyOperators.test(part.operator)) return { name: part.operator, anywhere: false };
  if (part.kind === 'cast' && lossyTypes.test(part.type)) return { name: `a cast to ${part.type}`, anywhere: false };
  return null;
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
