import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const triggerGranted: Mutation = {
  id: 'trigger-granted',
  foundBy: [],
  needs: 'A table of tenants.',
  *plant(scene) {
    for (const { name, sql } of someTables(scene, undefined, 1)) {
      yield { variant: 'table', object: name, relations: [], sql: `grant trigger on ${sql} to ${scene.app};` };
    }
  },
};
