import { beside, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const matviewExposed: Mutation = {
  id: 'matview-exposed',
  foundBy: ['foreign-row-visible'],
  needs: 'A table of tenants.',
  *plant(scene) {
    for (const table of someTables(scene, undefined, 1)) {
      const { name, sql } = table;
      const view = beside(table, 'rowhouse_selftest_report');
      const list = beside(table, 'rowhouse_selftest_list');
      const change = { object: view.name, relations: [name, view.name] };
      const grant = `grant select on ${view.sql} to ${scene.app};`;
      yield {
        ...change,
        variant: 'rows',
        sql: `create materialized view ${view.sql} as select * from ${sql}; ${grant}`,
      };
      yield {
        ...change,
        variant: 'totals',
        sql: `create materialized view ${view.sql} as select pg_catalog.count(*) as n from ${sql}; ${grant}`,
      };
      yield {
        ...change,
        variant: 'behind-a-view',
        object: list.name,
        relations: [name, list.name],
        sql: `create materialized view ${view.sql} as select * from ${sql};
create view ${list.sql} as select * from ${view.sql}; grant select on ${list.sql} to ${scene.app};`,
      };
    }
  },
};
