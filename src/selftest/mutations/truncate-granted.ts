import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const truncateGranted: Mutation = {
  id: 'truncate-granted',
  foundBy: ['foreign-row-writable'],
  needs: 'A table of tenants.',
  *plant(scene) {
    const group = scene.unique('group');
    for (const { name, sql } of someTables(scene, undefined, 1)) {
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'to-app', sql: `grant truncate on ${sql} to ${scene.app};` };
      yield { ...change, variant: 'to-all', sql: `grant truncate on ${sql} to public;` };
      yield {
        ...change,
        variant: 'to-group',
        sql: `create role ${group}; grant ${group} to ${scene.app}; grant truncate on ${sql} to ${group};`,
      };
    }
  },
};
