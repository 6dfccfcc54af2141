import { crossed, singleKey, tenantKeys } from '../foreign-keys.ts';
import type { Mutation } from '../mutation.ts';

export const tenantMismatch: Mutation = {
  id: 'tenant-mismatch',
  foundBy: [],
  needs: 'A foreign key between tables of tenants that carries the tenant column.',
  *plant(scene) {
    for (const key of tenantKeys(scene)) {
      const relations = [key.name, key.parentName];
      yield { variant: 'stored', object: key.name, relations, sql: `${singleKey(key)}\n${crossed(key)}` };
    }
  },
};
