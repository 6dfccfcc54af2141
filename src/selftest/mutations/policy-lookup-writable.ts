import { tenantType } from '../rows.ts';
import { dropPolicies, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyLookupWritable: Mutation = {
  id: 'policy-lookup-writable',
  foundBy: [],
  needs: 'A table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    for (const table of someByColumn(scene, undefined, 1)) {
      const { name, sql, schema, tenant } = table;
      const type = tenantType(table);
      const lookup = `${schema}.rowhouse_selftest_viewers`;
      const change = { object: name, relations: [name] };
      const planted = `create table ${lookup} (viewer ${type}, seen ${type});
insert into ${lookup} select distinct ${tenant}, ${tenant} from ${sql};
grant select on ${lookup} to ${scene.app};
${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} in (select v.seen from ${lookup} v where v.viewer = ${scene.context}));`;
      yield { ...change, variant: 'insertable', sql: `${planted}\ngrant insert on ${lookup} to ${scene.app};` };
      yield {
        ...change,
        variant: 'updatable-column',
        sql: `${planted}\ngrant update (seen) on ${lookup} to ${scene.app};`,
      };
    }
  },
};
