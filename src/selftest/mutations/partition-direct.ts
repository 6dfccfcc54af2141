import { descendantsOf, nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { Mutation } from '../mutation.ts';

export const partitionDirect: Mutation = {
  id: 'partition-direct',
  foundBy: ['rls-disabled', 'policies-dormant', 'foreign-row-visible'],
  needs: 'A table of tenants with partitions or inheritance children.',
  *plant(scene) {
    for (const table of scene.tables) {
      const children = descendantsOf(scene.snapshot, table.relation);
      const child = children.at(-1);
      if (child === undefined) continue;
      const [name, sql] = [formatQualified(nameOf(child)), quoteQualified(nameOf(child))];
      const bare = `alter table ${sql} disable row level security;`;
      const change = { object: name, relations: [table.name, name] };
      yield { ...change, variant: 'granted', sql: `${bare} grant select on ${sql} to ${scene.app};` };
      const [column] = child.columns;
      if (column)
        yield {
          ...change,
          variant: 'one-column',
          sql: `${bare} grant select (${quoteIdent(column.attname)}) on ${sql} to ${scene.app};`,
        };
      yield { ...change, variant: 'read-all-data', sql: `${bare} grant pg_read_all_data to ${scene.app};` };
      if (table.relation.relkind !== 'p') continue;
      const added = { schema: table.relation.nspname, name: 'rowhouse_selftest_rest' };
      yield {
        variant: 'added',
        object: formatQualified(added),
        relations: [table.name, formatQualified(added)],
        sql: `create table ${quoteQualified(added)} partition of ${table.sql} default; grant select on ${quoteQualified(added)} to ${scene.app};`,
      };
    }
  },
};
