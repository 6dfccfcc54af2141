import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const rlsNotForced: Mutation = {
  id: 'rls-not-forced',
  foundBy: ['role-can-become-owner', 'foreign-row-visible'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    const group = scene.unique('owner');
    for (const { name, sql, schema } of someTables(scene, undefined, 1)) {
      const unforced = `alter table ${sql} no force row level security;`;
      const found = { object: name, relations: [name] };
      yield {
        ...found,
        variant: 'app-owns',
        sql: `${unforced}\ngrant create on schema ${schema} to ${scene.app};
alter table ${sql} owner to ${scene.app};\nrevoke create on schema ${schema} from ${scene.app};`,
      };
      yield {
        ...found,
        variant: 'app-is-member-of-owner',
        sql: `${unforced}\ncreate role ${group}; grant create on schema ${schema} to ${group}; alter table ${sql} owner to ${group};
grant ${group} to ${scene.app};`,
      };
    }
  },
};
