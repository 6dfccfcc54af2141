import { livePredicate, may, someTables } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyWrongCommand: Mutation = {
  id: 'policy-wrong-command',
  foundBy: ['policy-permissive-or', 'foreign-row-writable', 'policy-check-weaker', 'policy-shared-writable'],
  needs: 'A table with policies that the app role may update or delete from.',
  *plant(scene) {
    const isFloorless = (table: Parameters<typeof may>[0]): boolean =>
      table.access.policies.update.restrictive.length === 0;
    for (const table of someTables(scene, (one) => isFloorless(one) && (may(one, 'delete') || may(one, 'update')))) {
      const { name, sql } = table;
      const add = (variant: string, rest: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} ${rest};`,
      });
      if (may(table, 'delete')) yield add('delete', 'for delete using (true)');
      if (may(table, 'update')) {
        yield add('update', 'for update using (true)');
        yield add(
          'update-with-sound-check',
          `for update using (true) with check (${livePredicate(table, 'update', 'check')})`,
        );
      }
    }
  },
};
