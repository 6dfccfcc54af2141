import { quoteIdent } from '../../sql/ident.ts';
import { plainColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const ruleRunsAsOwner: Mutation = {
  id: 'rule-runs-as-owner',
  foundBy: [],
  needs: 'A table with a column of text.',
  *plant(scene) {
    for (const table of someTables(scene, (one) => plainColumn(scene, one) !== undefined, 1)) {
      const { name, sql, schema } = table;
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const inbox = `${schema}.rowhouse_selftest_inbox`;
      const change = { object: name, relations: [name] };
      yield {
        ...change,
        variant: 'on-a-table',
        sql: `create table ${inbox} (word text);
create rule rowhouse_selftest as on insert to ${inbox} do also update ${sql} set ${column} = new.word;
grant insert on ${inbox} to ${scene.app};`,
      };
      yield {
        ...change,
        variant: 'on-a-view',
        sql: `create view ${inbox} as select ''::pg_catalog.text as word;
create rule rowhouse_selftest as on insert to ${inbox} do instead delete from ${sql} where ${column} = new.word;
grant insert on ${inbox} to ${scene.app};`,
      };
    }
  },
};
