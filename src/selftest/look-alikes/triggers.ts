import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';
import { tenantType } from '../rows.ts';
import { may, plainColumn, someByColumn } from '../scene.ts';

/** Triggers that stay within the tenant of the row. */
export const triggers: Harmless = {
  id: 'triggers',
  *plant(scene) {
    const fits = (table: Parameters<typeof may>[0]): boolean =>
      may(table, 'insert') && plainColumn(scene, table) !== undefined;
    for (const table of someByColumn(scene, fits, 1)) {
      const { name, sql, schema, tenant } = table;
      const column = quoteIdent(plainColumn(scene, table)?.attname ?? '');
      const trigger = `${schema}.rowhouse_selftest_t`;
      const change = (variant: string, body: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `create function ${trigger}() returns trigger language plpgsql as $f$
begin ${body} return new; end $f$;
create trigger rowhouse_selftest before insert or update on ${sql} for each row execute function ${trigger}();`,
      });
      yield change('trims', `new.${column} := pg_catalog.btrim(new.${column});`);
      yield change(
        'keeps-the-tenant',
        `if tg_op = 'UPDATE' and new.${tenant} <> old.${tenant} then raise exception 'not to be moved'; end if;`,
      );
      if (scene.context === null) return;
      const setting = quoteLiteral(scene.model.context.setting);
      yield change(
        'fills-in-the-context',
        `new.${tenant} := coalesce(new.${tenant}, nullif(pg_catalog.current_setting(${setting}, true), '')::${tenantType(table)});`,
      );
    }
  },
};
