import { blindly, nobody, oneRow } from '../rows.ts';
import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const tenantUnknown: Mutation = {
  id: 'tenant-unknown',
  foundBy: [],
  needs: 'A table with rows and a tenant column.',
  *plant(scene) {
    for (const table of someByColumn(scene)) {
      const { name, sql, tenant } = table;
      yield {
        variant: 'one-row',
        object: name,
        relations: [name],
        sql: blindly(`update ${sql} t set ${tenant} = ${nobody(table)} where ${oneRow(sql)};`),
      };
    }
  },
};
