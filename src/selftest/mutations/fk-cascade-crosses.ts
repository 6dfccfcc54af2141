import { singleKey, tenantKeys } from '../foreign-keys.ts';
import type { Mutation } from '../mutation.ts';

export const fkCascadeCrosses: Mutation = {
  id: 'fk-cascade-crosses',
  foundBy: ['fk-crosses-tenants', 'tenant-mismatch'],
  needs: 'A foreign key between tables of tenants that carries the tenant column.',
  *plant(scene) {
    for (const key of tenantKeys(scene)) {
      const change = { object: key.name, relations: [key.name, key.parentName] };
      yield { ...change, variant: 'delete', sql: singleKey(key, 'on delete cascade') };
      yield { ...change, variant: 'set-null', sql: singleKey(key, 'on delete set null') };
    }
  },
};
