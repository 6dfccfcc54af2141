import { quoteIdent } from '../../sql/ident.ts';
import { may, plainColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const uniqueOracle: Mutation = {
  id: 'unique-oracle',
  foundBy: [],
  needs: 'A table with a column of unique texts in which the app role may insert.',
  *plant(scene) {
    const fits = (table: Parameters<typeof plainColumn>[1]): boolean =>
      table.relation.relkind === 'r' && may(table, 'insert') && plainColumn(scene, table) !== undefined;
    for (const table of someTables(scene, fits, 1)) {
      const { name, sql } = table;
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'constraint', sql: `alter table ${sql} add unique (${column});` };
      yield { ...change, variant: 'index', sql: `create unique index on ${sql} (pg_catalog.lower(${column}));` };
      yield { ...change, variant: 'exclusion', sql: `alter table ${sql} add exclude using btree (${column} with =);` };
    }
  },
};
