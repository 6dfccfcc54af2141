import { beside, may, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const triggerCopiesOut: Mutation = {
  id: 'trigger-copies-out',
  foundBy: [],
  needs: 'A table into which the app role may write.',
  *plant(scene) {
    for (const table of someByColumn(scene, (one) => may(one, 'insert'), 1)) {
      const { name, sql, schema } = table;
      const audit = beside(table, 'rowhouse_selftest_audit');
      const trigger = `${schema}.rowhouse_selftest_copy`;
      yield {
        variant: 'audit',
        object: name,
        relations: [name, audit.name],
        sql: `create table ${audit.sql} (at timestamptz default pg_catalog.now(), content jsonb);
create function ${trigger}() returns trigger language plpgsql security definer set search_path to pg_catalog, pg_temp as $f$
begin insert into ${audit.sql} (content) values (pg_catalog.to_jsonb(new)); return null; end $f$;
create trigger rowhouse_selftest after insert or update on ${sql} for each row execute function ${trigger}();
insert into ${audit.sql} (content) select pg_catalog.to_jsonb(t.*) from ${sql} t;
grant select on ${audit.sql} to ${scene.app};`,
      };
    }
  },
};
