import { quoteIdent } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';
import { may, plainColumn, someByColumn } from '../scene.ts';

/** Keys, defaults and indexes that answer within the tenant. */
export const keys: Harmless = {
  id: 'keys',
  *plant(scene) {
    for (const table of someByColumn(scene, (one) => may(one, 'insert') && plainColumn(scene, one) !== undefined, 1)) {
      const { name, sql, tenant, schema, relation } = table;
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: text,
      });
      yield change('unique-within-the-tenant', `alter table ${sql} add unique (${column}, ${tenant});`);
      yield change('index', `create index on ${sql} (${column}); create index on ${sql} (${tenant}, ${column});`);
      yield change('check', `alter table ${sql} add check (pg_catalog.length(${column}) < 10000);`);
      if (scene.context !== null)
        yield change(
          'default-from-the-context',
          `alter table ${sql} alter column ${tenant} set default ${scene.context.slice('(select '.length, -1)};`,
        );
      if (relation.relkind === 'r')
        yield change(
          'child-of-the-same-tenant',
          `alter table ${sql} add unique (${tenant}, ${column});
create table ${schema}.rowhouse_selftest_child (like ${sql}); alter table ${schema}.rowhouse_selftest_child
add foreign key (${tenant}, ${column}) references ${sql} (${tenant}, ${column});`,
        );
    }
  },
};
