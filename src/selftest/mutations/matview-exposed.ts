import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const matviewExposed: Mutation = {
  id: 'matview-exposed',
  foundBy: ['foreign-row-visible'],
  needs: 'A table of tenants.',
  *plant(scene) {
    for (const { name, sql, schema } of someTables(scene, undefined, 1)) {
      const view = `${schema}.rowhouse_selftest_report`;
      const change = { object: name, relations: [name] };
      const grant = `grant select on ${view} to ${scene.app};`;
      yield { ...change, variant: 'rows', sql: `create materialized view ${view} as select * from ${sql}; ${grant}` };
      yield {
        ...change,
        variant: 'totals',
        sql: `create materialized view ${view} as select pg_catalog.count(*) as n from ${sql}; ${grant}`,
      };
      yield {
        ...change,
        variant: 'behind-a-view',
        sql: `create materialized view ${view} as select * from ${sql};
create view ${view}_list as select * from ${view}; grant select on ${view}_list to ${scene.app};`,
      };
    }
  },
};
