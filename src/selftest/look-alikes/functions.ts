import { quoteLiteral } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';
import { tenantType } from '../rows.ts';
import { dropPolicies, someByColumn } from '../scene.ts';

/** Functions that show no more than their caller may see. */
export const functions: Harmless = {
  id: 'functions',
  *plant(scene) {
    for (const table of someByColumn(scene, ({ intent }) => intent.shared.startsWith('(false)'), 1)) {
      const { name, sql, schema, tenant } = table;
      const f = `${schema}.rowhouse_selftest_f`;
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: text,
      });
      const definer = `security definer set search_path to pg_catalog, pg_temp`;
      const rows = `create function ${f}() returns setof ${sql} language sql stable`;
      yield change('invoker', `${rows} as $f$ select * from ${sql} $f$;`);
      yield change(
        'immutable',
        `create function ${f}(n integer) returns integer language sql immutable as $f$ select n + 1 $f$;`,
      );
      yield change(
        'definer-of-a-constant',
        `create function ${f}() returns integer language sql stable ${definer} as $f$ select 1 $f$;`,
      );
      yield change(
        'definer-not-executable',
        `${rows} ${definer} as $f$ select * from ${sql} $f$; revoke execute on function ${f}() from public;`,
      );
      if (scene.context === null) return;
      yield change(
        'definer-that-asks-the-context',
        `${rows} ${definer} as $f$ select * from ${sql} t where t.${tenant} = ${scene.context} $f$;`,
      );
      const setting = quoteLiteral(scene.model.context.setting);
      yield change(
        'sound-helper',
        `create function ${f}() returns ${tenantType(table)} language sql stable ${definer} as $f$
select nullif(pg_catalog.current_setting(${setting}, true), '')::${tenantType(table)} $f$;
${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} = (select ${f}()));`,
      );
    }
  },
};
