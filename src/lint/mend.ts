import { mayUse } from '../access/matrix.ts';
import { commands, isFor } from '../access/policies.ts';
import { findColumn } from '../catalog/lookup.ts';
import type { Policy, Relation } from '../catalog/snapshot.ts';
import { familyOf } from '../intent/sql-type.ts';
import type { Access, ContextModel } from '../model/model.ts';
import { formatIdent, quoteIdent, quoteLiteral } from '../sql/ident.ts';
import { expressionOf, type Owned } from './conditions.ts';
import type { Way } from './hole-rule.ts';
import type { LintInput } from './input.ts';
import { scopeOf } from './scope.ts';
import { objectOf, quoted, quotedGrantee } from './wording.ts';

/** `schema.relation.policy`, as findings name it. */
export function policyObject(relation: Relation, { polname }: Policy): string {
  return `${objectOf(relation)}.${formatIdent(polname)}`;
}

/** `"policy" on "schema"."relation"`, for a fix. */
export function quotedPolicy(relation: Relation, { polname }: Policy): string {
  return `${quoteIdent(polname)} on ${quoted(relation)}`;
}

/**
 * What a policy should say of a table: the subject's own rows, and those that are shared with it for `access`.
 * Null where that is not one comparison: under a membership, or where other tables own the rows.
 */
export function soundCondition({ model }: LintInput, owned: Owned, access: Access): string | null {
  const { table, column } = owned.ownership;
  if (model.membership !== null || column === null) return null;
  const relation = owned.modelled.relation;
  const tenant = quoteIdent(column);
  const subject = contextSql(model.context, typeFor(findColumn(relation, column)?.type ?? ''));
  const shares = table.share.filter((share) => access === 'read' || share.access === 'write');
  const conditions = shares.map((share) =>
    share.kind === 'when'
      ? `(${share.when})`
      : `(${tenant} = ${quoteLiteral(model.tenants.platform ?? '')} and ${subject} is not null)`,
  );
  const own = [
    `${tenant} = ${subject}`,
    ...(table.user === null ? [] : [`${quoteIdent(table.user)} = ${subject}`]),
    ...(table.tenancy === 'row' && table.nulls === 'shared' && access === 'read' ? [`${tenant} is null`] : []),
  ];
  return [...own, ...conditions].join(' or ');
}

/** The context, read once a query; NULL where it is empty. */
export function contextSql({ setting, json }: ContextModel, type: string): string {
  const read = `nullif(pg_catalog.current_setting(${quoteLiteral(setting)}, true), '')`;
  const path = json?.map((key) => `"${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',');
  const found = path === undefined ? read : `(${read}::pg_catalog.jsonb #>> ${quoteLiteral(`{${path}}`)})`;
  return `(select ${type === 'text' ? found : `${found}::${type}`})`;
}

/** The type that the context is compared as: the column's own, without a length that would cut it. */
function typeFor(column: string): string {
  return familyOf(column) === 'text' ? 'text' : column.replace(/\(.*\)$/, '');
}

/** The sound condition in place of what a policy lets pass. Where reading allows more than writing, a policy of its own does. */
export function mendPolicy(input: LintInput, owned: Owned, policy: Policy, ways: readonly Way[]): string | undefined {
  const { relation } = owned.modelled;
  const writing = soundCondition(input, owned, 'write');
  const reading = soundCondition(input, owned, 'read');
  if (writing === null || reading === null) return undefined;
  const condition = policy.polcmd === 'r' ? reading : writing;
  const using = ways.some(({ part }) => part === 'using');
  const check = ways.some(({ part }) => part === 'check') && (policy.polwithcheck !== null || policy.polcmd === 'a');
  const clauses = [
    ...(using ? [`using (${condition})`] : []),
    ...(check || (using && policy.polwithcheck !== null) ? [`with check (${writing})`] : []),
  ];
  // Without a USING of its own, a policy for new rows reuses nothing.
  const altered = `alter policy ${quotedPolicy(relation, policy)} ${clauses.length > 0 ? clauses.join(' ') : `using (${condition})`};`;
  if (policy.polcmd !== '*' || !using || reading === writing) return altered;
  const reader = { ...policy, polname: `${policy.polname}_select` };
  const roles = policy.polroles.map(quotedGrantee).join(', ');
  return `create policy ${quotedPolicy(relation, reader)} for select to ${roles} using (${reading});\n${altered}`;
}

/** A restrictive policy that holds roles to the sound condition, whatever permissive ones allow. */
export function floorPolicy(input: LintInput, owned: Owned, roles: readonly string[]): string | undefined {
  const { relation } = owned.modelled;
  const [reading, writing] = (['read', 'write'] as const).map((access) => soundCondition(input, owned, access));
  if (!reading || !writing) return undefined;
  const floor = (suffix: string, command: string, clause: string): string =>
    `create policy ${quoteIdent(`tenant_floor${suffix}`)} on ${quoted(relation)} as restrictive for ${command} to ${roles.map(quotedGrantee).join(', ')} ${clause};`;
  if (reading === writing) return floor('', 'all', `using (${writing})`);
  return [
    floor('_select', 'select', `using (${reading})`),
    floor('_insert', 'insert', `with check (${writing})`),
    floor('_update', 'update', `using (${writing})`),
    floor('_delete', 'delete', `using (${writing})`),
  ].join('\n');
}

/** Whether other permissive policies allow what a policy is for, so that it can go. */
export function isSpare(input: LintInput, { modelled }: Owned, policy: Policy): boolean {
  const { relation, access } = modelled;
  return commands
    .filter((command) => isFor(policy, command) && mayUse(access, command))
    .every((command) =>
      access.policies[command].permissive.some((other) => {
        const expression = expressionOf(other, command === 'insert' ? 'check' : 'using');
        return other !== policy && expression !== null && scopeOf(input, relation, expression, command) !== 'open';
      }),
    );
}
