import { lastName, nodesOf } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, shown } from '../statements.ts';

export const contextDefaultStampsRows: MigrationRule = {
  id: 'context-default-stamps-rows',
  severity: 'error',
  summary: 'A column is added together with a default that reads a setting of the session.',
  help: 'PostgreSQL evaluates the default once, and all rows that are there get what the setting says to whoever runs the migration: one tenant, or nobody. Add the column without a default, and set the default in a statement of its own: it holds for new rows alone.',
  examples: [
    {
      bad: `alter table public.orders
  add column tenant_id uuid default nullif(current_setting('app.current_tenant', true), '')::uuid;`,
      good: `alter table public.orders add column tenant_id uuid;
alter table public.orders
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, name, constraints } of addedColumnsOf(node)) {
      if (schema.isNew(table, file)) continue;
      const defaults = constraints.filter(({ contype }) => contype === 'CONSTR_DEFAULT');
      const reads = nodesOf(defaults).some(
        ({ tag, value }) => tag === 'FuncCall' && lastName(value['funcname']) === 'current_setting',
      );
      if (reads) {
        yield {
          about: `${shown(table)}.${name}`,
          message: `all rows of ${shown(table)} get the ${name} of the session that migrates`,
        };
      }
    }
  },
};
