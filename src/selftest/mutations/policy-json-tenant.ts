import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import { dropPolicies, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyJsonTenant: Mutation = {
  id: 'policy-json-tenant',
  foundBy: ['policy-hides-own', 'foreign-row-visible'],
  needs: 'A table with a column of JSON, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    const raw = `pg_catalog.current_setting(${quoteLiteral(scene.model.context.setting)}, true)`;
    const jsonOf = (table: Parameters<typeof dropPolicies>[1]) =>
      table.relation.columns.find(({ type }) => type === 'jsonb' || type === 'json');
    for (const table of someTables(scene, (one) => jsonOf(one) !== undefined)) {
      const column = quoteIdent(jsonOf(table)?.attname ?? '');
      yield {
        variant: 'key',
        object: table.name,
        relations: [table.name],
        sql: `${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${table.sql} using (${column} ->> 'tenant_id' = nullif(${raw}, ''));`,
      };
    }
  },
};
