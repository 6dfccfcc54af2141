import { isReachable } from '../../access/matrix.ts';
import { policiesOf } from '../../access/policies.ts';
import { findColumn, findRelation, foreignKeysOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { formatIdent } from '../../sql/ident.ts';
import type { LintInput } from '../input.ts';
import { isPartOf } from '../parts.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted } from '../wording.ts';

export const rlsDisabled: LintRule = {
  id: 'rls-disabled',
  severity: 'error',
  summary: 'A tenant table has no row-level security, and the app role has privileges on it.',
  help: 'Every query of the application sees and changes the rows of all tenants. Enable and force row-level security, and give the table a policy that compares its tenant column with the context.',
  examples: [
    {
      bad: `create table app.invoices (id uuid primary key, tenant_id uuid not null references app.tenants);
grant select on app.invoices to app_user;`,
      model: `tables: { app.invoices: { tenancy: row, column: tenant_id } }`,
    },
    {
      bad: `create table app.old_notes as select * from app.notes;
grant select on app.old_notes to app_user;`,
    },
  ],
  *check(input) {
    const { snapshot, commonTables, modelled, role } = input;
    for (const { relation, access } of commonTables) {
      if (relation.relrowsecurity || policiesOf(snapshot, relation).length > 0 || !isReachable(access)) continue;
      // A partition, a foreign table and a materialized view have rules of their own.
      if (isPartOf(modelled, relation) || !['r', 'p'].includes(relation.relkind)) continue;
      yield {
        object: objectOf(relation),
        message: `${role} reaches it, and row-level security is not enabled`,
        fix: enabled(relation),
      };
    }
    for (const { relation, column } of unnamed(input)) {
      yield {
        object: objectOf(relation),
        severity: 'warning',
        message: `${role} reaches it, row-level security is not enabled, and ${formatIdent(column)} names a tenant by all that the model says of others: it says nothing of this one`,
        fix: enabled(relation),
      };
    }
  },
};

function enabled(relation: Relation): string {
  return `alter table ${quoted(relation)} enable row level security;\nalter table ${quoted(relation)} force row level security;`;
}

/** Tables that the model does not name, with a column that refers to the tenants, or is called as those that do. */
function* unnamed(input: LintInput): Generator<{ readonly relation: Relation; readonly column: string }> {
  const { snapshot, model, access, modelled } = input;
  const root = findRelation(snapshot, model.tenants.table);
  const owned = new Set(
    input.commonTables.flatMap(({ relation, intent: { tenancy, tenantColumn } }) => {
      // The key of the tenants themselves is called as many keys are.
      const column = tenancy === 'row' && tenantColumn !== null ? findColumn(relation, tenantColumn) : undefined;
      return column ? [`${column.attname} ${column.type}`] : [];
    }),
  );
  const unmanaged = new Set(model.unmanaged.map(({ schema }) => schema));
  for (const own of access.relations.values()) {
    const { relation } = own;
    if (!'rp'.includes(relation.relkind) || relation.relrowsecurity || modelled.has(relation.oid)) continue;
    if (unmanaged.has(relation.nspname) || !isReachable(own)) continue;
    const keys = root ? foreignKeysOf(snapshot, relation, root) : [];
    const column =
      keys.find(({ columns, confcolumns }) => columns.length === 1 && confcolumns[0] === model.tenants.key)
        ?.columns[0] ?? relation.columns.find(({ attname, type }) => owned.has(`${attname} ${type}`))?.attname;
    if (column !== undefined) yield { relation, column };
  }
}
