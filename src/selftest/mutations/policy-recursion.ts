import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyRecursion: Mutation = {
  id: 'policy-recursion',
  foundBy: [],
  needs: 'A table with a tenant column.',
  *plant(scene) {
    for (const { name, sql, tenant } of someByColumn(scene, undefined, 1)) {
      yield {
        variant: 'itself',
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} for select using (exists (select from ${sql} x where x.${tenant} = ${sql}.${tenant}));`,
      };
    }
  },
};
