import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const viewNotBarrier: Mutation = {
  id: 'view-not-barrier',
  foundBy: [],
  needs: 'A table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    for (const { name, sql, schema, tenant } of someByColumn(scene, undefined, 1)) {
      const view = `${schema}.rowhouse_selftest_own`;
      yield {
        variant: 'filter',
        object: name,
        relations: [name],
        sql: `create view ${view} as select * from ${sql} where ${tenant} = ${scene.context};
grant select on ${view} to ${scene.app};`,
      };
    }
  },
};
