import { crossed, tenantKeys } from '../foreign-keys.ts';
import { blindly } from '../rows.ts';
import type { Mutation } from '../mutation.ts';

export const fkValidatedBlind: Mutation = {
  id: 'fk-validated-blind',
  foundBy: ['tenant-mismatch'],
  needs: 'A foreign key between tables of tenants that carries the tenant column.',
  *plant(scene) {
    for (const key of tenantKeys(scene)) {
      const relations = [key.name, key.parentName];
      yield { variant: 'violated', object: key.name, relations, sql: blindly(crossed(key)) };
    }
  },
};
