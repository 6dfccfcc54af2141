import { dropPolicies, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const rlsDisabled: Mutation = {
  id: 'rls-disabled',
  foundBy: ['policies-dormant', 'foreign-row-visible'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    for (const table of someTables(scene)) {
      const disabled = `${dropPolicies(scene, table)}\nalter table ${table.sql} disable row level security;`;
      yield { variant: 'no-policies', object: table.name, relations: [table.name], sql: disabled };
      yield {
        variant: 'granted-by-column',
        object: table.name,
        relations: [table.name],
        sql: `${disabled}
revoke all on ${table.sql} from ${scene.app}; grant select (${table.tenant ?? 'tableoid'}) on ${table.sql} to ${scene.app};`,
      };
    }
  },
};
