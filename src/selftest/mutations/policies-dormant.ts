import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policiesDormant: Mutation = {
  id: 'policies-dormant',
  foundBy: ['rls-disabled', 'foreign-row-visible'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    for (const { name, sql } of someTables(scene)) {
      const disable = `alter table ${sql} disable row level security;`;
      yield { variant: 'disabled', object: name, relations: [name], sql: disable };
    }
  },
};
