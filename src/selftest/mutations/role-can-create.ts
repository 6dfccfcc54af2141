import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const roleCanCreate: Mutation = {
  id: 'role-can-create',
  foundBy: [],
  needs: 'A schema with tables of tenants.',
  *plant(scene) {
    for (const { relation, schema } of someTables(scene, undefined, 1)) {
      const change = { object: relation.nspname, relations: [] };
      yield { ...change, variant: 'granted', sql: `grant create on schema ${schema} to ${scene.app};` };
      yield { ...change, variant: 'granted-to-all', sql: `grant create on schema ${schema} to public;` };
      yield { ...change, variant: 'owns-schema', sql: `alter schema ${schema} owner to ${scene.app};` };
    }
  },
};
