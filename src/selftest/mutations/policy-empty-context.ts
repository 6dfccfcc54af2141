import { quoteLiteral } from '../../sql/ident.ts';
import { tenantType } from '../rows.ts';
import { dropPolicies, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyEmptyContext: Mutation = {
  id: 'policy-empty-context',
  foundBy: ['policy-fails-open'],
  needs: 'A table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    const raw = `pg_catalog.current_setting(${quoteLiteral(scene.model.context.setting)}, true)`;
    for (const table of someByColumn(scene, undefined, 1)) {
      const { name, sql, tenant } = table;
      yield {
        variant: 'cast-as-it-is',
        object: name,
        relations: [name],
        sql: `${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} = (select ${raw}::${tenantType(table)}));`,
      };
    }
  },
};
