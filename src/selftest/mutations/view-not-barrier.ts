import { beside, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const viewNotBarrier: Mutation = {
  id: 'view-not-barrier',
  foundBy: [],
  needs: 'A table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    for (const table of someByColumn(scene, undefined, 1)) {
      const { name, sql, tenant } = table;
      const view = beside(table, 'rowhouse_selftest_own');
      yield {
        variant: 'filter',
        object: view.name,
        relations: [name, view.name],
        sql: `create view ${view.sql} as select * from ${sql} where ${tenant} = ${scene.context};
grant select on ${view.sql} to ${scene.app};`,
      };
    }
  },
};
