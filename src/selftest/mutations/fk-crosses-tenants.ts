import { singleKey, tenantKeys } from '../foreign-keys.ts';
import type { Mutation } from '../mutation.ts';

export const fkCrossesTenants: Mutation = {
  id: 'fk-crosses-tenants',
  foundBy: ['tenant-mismatch'],
  needs: 'A foreign key between tables of tenants that carries the tenant column.',
  *plant(scene) {
    for (const key of tenantKeys(scene)) {
      yield { variant: 'single', object: key.name, relations: [key.name, key.parentName], sql: singleKey(key) };
    }
  },
};
