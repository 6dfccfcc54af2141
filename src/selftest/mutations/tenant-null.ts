import { blindly, nullable, oneRow } from '../rows.ts';
import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const tenantNull: Mutation = {
  id: 'tenant-null',
  foundBy: [],
  needs: 'A table with rows whose tenant column is in no primary key.',
  *plant(scene) {
    for (const { name, sql, tenant } of someByColumn(scene, (one) => nullable(scene, one))) {
      yield {
        variant: 'one-row',
        object: name,
        relations: [name],
        sql: `alter table ${sql} alter column ${tenant} drop not null;
${blindly(`update ${sql} t set ${tenant} = null where ${oneRow(sql)};`)}`,
      };
    }
  },
};
