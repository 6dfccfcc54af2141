import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';
import { someTables } from '../scene.ts';

/** Privileges and attributes that do not reach over a wall. */
export const grants: Harmless = {
  id: 'grants',
  *plant(scene) {
    const other = scene.unique('other');
    const stranger = `create role ${other}; grant usage on schema`;
    for (const { name, sql, schema, relation, tenant } of someTables(scene, undefined, 1)) {
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: text,
      });
      yield change(
        'truncate-to-a-stranger',
        `${stranger} ${schema} to ${other}; grant truncate, trigger on ${sql} to ${other};`,
      );
      if (tenant !== null)
        yield change('tenant-column-held-by-policies', `grant update (${tenant}) on ${sql} to ${scene.app};`);
      yield change('stranger-bypasses', `create role ${other} bypassrls;`);
      yield change('app-in-a-plain-group', `create role ${other}; grant ${other} to ${scene.app};`);
      yield change('stranger-in-app', `create role ${other}; grant ${scene.app} to ${other};`);
      yield change('may-make-databases', `alter role ${scene.app} createdb;`);
      yield change('timeout', `alter role ${scene.app} set statement_timeout to '30s';`);
      if (scene.context !== null) {
        const setting = scene.model.context.setting.split('.').map(quoteIdent).join('.');
        yield change('empty-context', `alter role ${scene.app} set ${setting} to ${quoteLiteral('')};`);
      }
      yield change('new-table-not-granted', `create table ${schema}.rowhouse_selftest_new (n integer);`);
      yield change(
        'defaults-for-a-stranger',
        `create role ${other}; alter default privileges for role ${quoteIdent(relation.relowner)} in schema ${schema} grant select on tables to ${other};`,
      );
      if (scene.major >= 16 && !scene.access.closure.has.has(relation.relowner))
        yield change(
          'member-in-name-only',
          `grant ${quoteIdent(relation.relowner)} to ${scene.app} with inherit false, set false;`,
        );
    }
  },
};
