import { isInvoker } from '../../access/view-path.ts';
import { readsOf } from '../../catalog/lookup.ts';
import { tenantType } from '../rows.ts';
import { livePredicate, plainColumn, type Scene, someByColumn, someTables, type Table } from '../scene.ts';
import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';

/** Policies that let nothing pass that did not pass before. */
export const policies: Harmless = {
  id: 'policies',
  *plant(scene) {
    for (const table of someTables(scene)) {
      const { name, sql } = table;
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: text,
      });
      const add = (variant: string, rest: string): Change =>
        change(variant, `create policy rowhouse_selftest on ${sql} ${rest};`);
      const live = livePredicate(table, 'select');
      yield add('the-live-one-again', `for select using (${live})`);
      yield add('nothing', 'using (false)');
      yield add('restrictive-true', 'as restrictive using (true)');
      yield add('restrictive-live', `as restrictive for select using (${live})`);
      yield add('live-and-more', `for select using ((${live}) and pg_catalog.length('x') > 0)`);
      yield add('twice-negated', `for select using (not (not (${live})))`);
      const other = scene.unique('other');
      const elsewhere = add('true-to-a-stranger', `to ${other} using (true)`);
      yield { ...elsewhere, sql: `create role ${other};\n${elsewhere.sql}` };
      const column = plainColumn(scene, table);
      if (column) yield add('live-and-content', `for select using ((${live}) and ${quoteIdent(column.attname)} <> '')`);
      if (!isReadAsOwner(scene, table)) {
        yield change('unforced-under-a-stranger', `alter table ${sql} no force row level security;`);
      }
    }
    if (scene.context === null) return;
    for (const table of someByColumn(scene)) {
      const { name, sql, tenant } = table;
      const add = (variant: string, rest: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} ${rest};`,
      });
      const raw = `pg_catalog.current_setting(${quoteLiteral(scene.model.context.setting)}, true)`;
      yield add('raises-where-the-context-is-empty', `using (${tenant} = (select ${raw}::${tenantType(table)}))`);
      yield add('context-first', `for select using (${scene.context} = ${tenant})`);
      yield add('any-of-one', `for select using (${tenant} = any (array[${scene.context}]))`);
      yield add('check-alone', `for insert with check (${tenant} = ${scene.context})`);
      yield add(
        'case',
        `for select using (case when ${scene.context} is null then false else ${tenant} = ${scene.context} end)`,
      );
      yield add(
        'not-distinct-and-never-null',
        `for select using (${tenant} is not distinct from ${scene.context} and ${tenant} is not null)`,
      );
      yield add('coalesced-to-false', `for select using (coalesce(${tenant} = ${scene.context}, false))`);
    }
  },
};

/** FORCE binds a view of the table's owner, which before PostgreSQL 15 is every view of its: without FORCE such a view leaks. */
function isReadAsOwner({ snapshot }: Scene, { relation }: Table): boolean {
  return snapshot.relations.some(
    (view) =>
      view.relkind === 'v' &&
      !isInvoker(view) &&
      view.relowner === relation.relowner &&
      readsOf(snapshot, view).has(relation.oid),
  );
}
