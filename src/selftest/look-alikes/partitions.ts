import { descendantsOf, nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteQualified } from '../../sql/ident.ts';
import type { Harmless } from '../mutation.ts';
import { livePredicate } from '../scene.ts';

/** Partitions and children that nobody reads directly, or that have a wall of their own. */
export const partitions: Harmless = {
  id: 'partitions',
  *plant(scene) {
    for (const table of scene.tables) {
      const child = descendantsOf(scene.snapshot, table.relation).at(-1);
      if (child === undefined) continue;
      const [name, sql] = [formatQualified(nameOf(child)), quoteQualified(nameOf(child))];
      const change = { object: name, relations: [table.name, name] };
      yield { ...change, variant: 'bare-and-not-granted', sql: `alter table ${sql} disable row level security;` };
      yield {
        ...change,
        variant: 'own-wall',
        sql: `alter table ${sql} enable row level security; alter table ${sql} force row level security;
create policy rowhouse_selftest on ${sql} for select using (${livePredicate(table, 'select')});
grant select on ${sql} to ${scene.app};`,
      };
      if (table.relation.relkind !== 'p') continue;
      const added = `${table.schema}.rowhouse_selftest_rest`;
      yield { ...change, variant: 'added', sql: `create table ${added} partition of ${table.sql} default;` };
    }
  },
};
