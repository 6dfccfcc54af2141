import { findColumn } from '../../catalog/lookup.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { valueWithout } from '../scope.ts';
import { readExpression } from '../scope/expression.ts';
import { ownershipOf } from '../scope/ownership.ts';
import { isNobody } from '../../model/nobody.ts';
import { objectOf, quoted } from '../wording.ts';

export const tenantDefaultConstant: LintRule = {
  id: 'tenant-default-constant',
  severity: 'warning',
  summary: 'The column that says whose a row is has a constant for its default.',
  help: 'Whoever writes without naming the tenant, and is not held to a policy, such as an import, a job or a restore, stores rows in that one tenant. Take the context for the default, without a fallback, or have none.',
  examples: [
    { bad: `alter table app.notes alter tenant_id set default '00000000-0000-0000-0000-000000000001';` },
    {
      bad: `create table app.lines (note_id uuid not null default '00000000-0000-0000-0000-000000000001' references app.notes, body text);
alter table app.lines enable row level security;
alter table app.lines force row level security;
create policy own on app.lines using (exists (select from app.notes as note where note.id = note_id));
grant select, insert on app.lines to app_user;
create index on app.lines (note_id);`,
      model: 'tables: { app.lines: { tenancy: row, through: app.notes } }',
    },
    {
      bad: `alter table app.notes alter tenant_id set default coalesce(app.current_tenant(), '00000000-0000-0000-0000-000000000001');`,
    },
  ],
  *check(input) {
    for (const { relation } of input.commonTables) {
      const ownership = ownershipOf(input.snapshot, input.model, relation);
      if (!ownership || ownership.table.tenancy === 'root') continue;
      for (const name of ownership.column === null ? ownership.pointers : [ownership.column]) {
        const column = findColumn(relation, name);
        const expression = column?.default && column.attgenerated === '' ? readExpression(column.default) : null;
        const value = expression && valueWithout(input, ownership, expression);
        if (!column || value?.kind !== 'text' || isNobody(input.model, value.text)) continue;
        yield {
          object: objectOf(relation),
          ...(ownership.column === null && { aspect: name }),
          message: `without a context, ${formatIdent(name)} is ${column.default ?? ''}`,
          fix: `alter table ${quoted(relation)} alter column ${quoteIdent(name)} drop default;`,
        };
      }
    }
  },
};
