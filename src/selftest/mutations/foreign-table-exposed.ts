import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const foreignTableExposed: Mutation = {
  id: 'foreign-table-exposed',
  foundBy: [],
  needs: 'A schema that the app role may use.',
  *plant(scene) {
    const wrapper = scene.unique('wrapper');
    for (const { relation, schema } of someTables(scene, undefined, 1)) {
      yield {
        variant: 'granted',
        object: relation.nspname,
        relations: [],
        sql: `create foreign data wrapper ${wrapper}; create server ${wrapper} foreign data wrapper ${wrapper};
create foreign table ${schema}.rowhouse_selftest_remote (tenant_id text) server ${wrapper};
grant select on ${schema}.rowhouse_selftest_remote to ${scene.app};`,
      };
    }
  },
};
