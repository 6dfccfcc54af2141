import { livePredicate, may, someTables, type Table } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policySharedWritable: Mutation = {
  id: 'policy-shared-writable',
  foundBy: ['policy-permissive-or', 'policy-wrong-command', 'policy-check-weaker'],
  needs: 'A table with shared rows and policies in which the app role may write.',
  *plant(scene) {
    const sharesForReading = ({ intent }: Table): boolean => intent.foreign !== intent.unwritable;
    for (const table of someTables(scene, sharesForReading)) {
      const { name, sql } = table;
      const visible = livePredicate(table, 'select');
      const change = (variant: string, rest: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} ${rest};`,
      });
      yield change('for-all', `using (${visible})`);
      if (may(table, 'delete')) yield change('delete', `for delete using (${visible})`);
      if (may(table, 'update')) yield change('update', `for update using (${visible})`);
      if (may(table, 'insert')) yield change('insert', `for insert with check (${visible})`);
    }
  },
};
