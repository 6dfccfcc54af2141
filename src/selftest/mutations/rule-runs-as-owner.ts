import { quoteIdent } from '../../sql/ident.ts';
import { beside, plainColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const ruleRunsAsOwner: Mutation = {
  id: 'rule-runs-as-owner',
  foundBy: [],
  needs: 'A table with a column of text.',
  *plant(scene) {
    for (const table of someTables(scene, (one) => plainColumn(scene, one) !== undefined, 1)) {
      const { name, sql } = table;
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const inbox = beside(table, 'rowhouse_selftest_inbox');
      const change = { object: name, relations: [name, inbox.name] };
      yield {
        ...change,
        variant: 'on-a-table',
        sql: `create table ${inbox.sql} (word text);
create rule rowhouse_selftest as on insert to ${inbox.sql} do also update ${sql} set ${column} = new.word;
grant insert on ${inbox.sql} to ${scene.app};`,
      };
      yield {
        ...change,
        variant: 'on-a-view',
        sql: `create view ${inbox.sql} as select ''::pg_catalog.text as word;
create rule rowhouse_selftest as on insert to ${inbox.sql} do instead delete from ${sql} where ${column} = new.word;
grant insert on ${inbox.sql} to ${scene.app};`,
      };
    }
  },
};
