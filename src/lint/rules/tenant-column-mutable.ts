import { granteesOf } from '../../access/acl.ts';
import { effectivePredicate } from '../../access/policies.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintInput, Modelled } from '../input.ts';
import type { LintRule } from '../rule.ts';
import { scopeOf } from '../scope.ts';
import { readExpression } from '../scope/expression.ts';
import { columnsNamed } from '../scope/mentions.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';

export const tenantColumnMutable: LintRule = {
  id: 'tenant-column-mutable',
  severity: 'warning',
  summary: 'The app role may update the tenant column.',
  help: 'Nothing but the WITH CHECK of its policies keeps a row from being moved to another tenant: where that does not look at the column, it can be; where it does, the privilege is of no use. Revoke it, and grant UPDATE on the other columns.',
  falsePositives: ['A trigger refuses to change the column.'],
  examples: [
    {
      bad: `grant update (tenant_id) on app.notes to app_user;
drop policy own on app.notes;
create policy own on app.notes using (tenant_id = (select app.current_tenant()))
  with check (exists (select from app.countries where name = body));`,
      good: `alter policy own on app.notes with check (tenant_id = (select app.current_tenant()));
revoke update (tenant_id) on app.notes from app_user;`,
    },
  ],
  *check(input) {
    const { commonTables, role, access } = input;
    const { closure } = access;
    if (closure.exempt) return;
    for (const table of commonTables) {
      const { relation, intent } = table;
      const column = intent.tenantColumn;
      // Whoever has the owner's rights needs no grant: other rules tell of that.
      if (column === null || closure.has.has(relation.relowner)) continue;
      if (!table.access.privileges.columns.UPDATE.includes(column)) continue;
      const held = holdsTo(input, table, column);
      if (held === undefined) continue;
      const own = relation.columns.find(({ attname }) => attname === column)?.attacl ?? [];
      const grantees = granteesOf(own, closure.has, 'UPDATE');
      const may = `${role} may update ${formatIdent(column)}`;
      yield {
        object: objectOf(relation),
        message: held
          ? `${may}; its policies hold the new value`
          : `${may}, and its policies do not look at the new value`,
        ...(held && { severity: 'info' as const }),
        ...(held &&
          grantees.length > 0 && {
            fix: `revoke update (${quoteIdent(column)}) on ${quoted(relation)} from ${grantees.map(quotedGrantee).join(', ')};`,
          }),
      };
    }
  },
};

/** Whether the policies look at the new value of the column; undefined where rows pass for certain: policy-check-weaker tells of that. */
function holdsTo(input: LintInput, { relation, access }: Modelled, column: string): boolean | undefined {
  const { permissive } = access.policies.update;
  const check = readExpression(effectivePredicate(access.policies.update, 'check'));
  if (access.rowSecurity !== 'bound' || permissive.length === 0 || check === null) return undefined;
  const scope = scopeOf(input, relation, check, 'update');
  if (scope === 'open') return undefined;
  return scope === 'scoped' || columnsNamed(check).has(column);
}
