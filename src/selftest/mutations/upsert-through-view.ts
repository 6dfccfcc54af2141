import { beside, may, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const upsertThroughView: Mutation = {
  id: 'upsert-through-view',
  foundBy: ['view-definer', 'view-definer-writable', 'view-not-barrier'],
  needs: 'A table in which the app role may insert, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    for (const table of someByColumn(scene, (one) => may(one, 'insert'), 1)) {
      const { name, sql, tenant } = table;
      const view = beside(table, 'rowhouse_selftest_own');
      yield {
        variant: 'filter-view',
        object: view.name,
        relations: [name, view.name],
        sql: `create view ${view.sql} with (security_barrier) as select * from ${sql} where ${tenant} = ${scene.context};
grant select, insert, update on ${view.sql} to ${scene.app};`,
      };
    }
  },
};
