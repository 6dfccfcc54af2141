import { quoteIdent } from '../../sql/ident.ts';
import type { Mutation } from '../mutation.ts';
import { dropPolicies, livePredicate, plainColumn, someByColumn } from '../scene.ts';

export const tenantColumnMutable: Mutation = {
  id: 'tenant-column-mutable',
  foundBy: ['policy-check-weaker', 'foreign-row-writable'],
  needs: 'A table with a tenant column and a column of text.',
  *plant(scene) {
    for (const table of someByColumn(scene, (one) => plainColumn(scene, one) !== undefined, 1)) {
      const { name, sql, tenant } = table;
      const live = livePredicate(table, 'select');
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const unheld = `${dropPolicies(scene, table)}
create policy rowhouse_selftest_own on ${sql} for select using (${live});
create policy rowhouse_selftest on ${sql} for update using (${live}) with check (${column} is not null);`;
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'column', sql: `${unheld}\ngrant update (${tenant}) on ${sql} to ${scene.app};` };
      yield { ...change, variant: 'table', sql: `${unheld}\ngrant update on ${sql} to ${scene.app};` };
    }
  },
};
