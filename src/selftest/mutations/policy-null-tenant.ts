import { dropPolicies, someByColumn } from '../scene.ts';
import { blindly, nullable, oneRow } from '../rows.ts';
import type { Mutation } from '../mutation.ts';

export const policyNullTenant: Mutation = {
  id: 'policy-null-tenant',
  foundBy: ['policy-fails-open', 'foreign-row-visible'],
  needs: 'A table whose tenant column is in no key, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    for (const table of someByColumn(scene, (one) => nullable(scene, one), 1)) {
      const { name, sql, tenant } = table;
      const open = `alter table ${sql} alter column ${tenant} drop not null;
${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} is not distinct from ${scene.context});`;
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'not-distinct', sql: open };
      yield {
        ...change,
        variant: 'with-a-row',
        sql: `${open}\n${blindly(`update ${sql} t set ${tenant} = null where ${oneRow(sql)};`)}`,
      };
    }
  },
};
