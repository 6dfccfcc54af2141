import { quoteIdent } from '../../sql/ident.ts';
import { keyColumn, someTables } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const functionDefiner: Mutation = {
  id: 'function-definer',
  foundBy: [],
  needs: 'A table of tenants.',
  *plant(scene) {
    for (const table of someTables(scene, undefined, 1)) {
      const { name, sql, schema, relation } = table;
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        calls: true,
        sql: text,
      });
      const f = `${schema}.rowhouse_selftest_f`;
      const definer = 'security definer set search_path to pg_catalog, pg_temp';
      yield change(
        'rows',
        `create function ${f}() returns setof ${sql} language sql stable ${definer} as $f$ select * from ${sql} $f$;`,
      );
      yield change(
        'count',
        `create function ${f}() returns bigint language sql stable ${definer} as $f$ select pg_catalog.count(*) from ${sql} $f$;`,
      );
      yield change(
        'default-arguments',
        `create function ${f}(few integer default 10, reversed boolean default false) returns setof ${sql} language plpgsql stable ${definer} as $f$
begin return query select * from ${sql} limit few; end $f$;`,
      );
      yield change(
        'volatile',
        `create function ${f}() returns setof ${sql} language plpgsql ${definer} as $f$ begin return query select * from ${sql}; end $f$;`,
      );
      const key = keyColumn(scene, table);
      const type = relation.columns.find(({ attname }) => quoteIdent(attname) === key)?.type;
      if (key === undefined || type === undefined) continue;
      yield change(
        'exists',
        `create function ${f}(wanted ${type}) returns boolean language sql stable ${definer} as $f$ select exists (select from ${sql} t where t.${key} = wanted) $f$;`,
      );
    }
  },
};
