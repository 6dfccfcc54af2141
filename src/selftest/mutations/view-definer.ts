import { findRelation, nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteQualified } from '../../sql/ident.ts';
import { modelledView } from '../views.ts';
import { beside, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const viewDefiner: Mutation = {
  id: 'view-definer',
  foundBy: ['foreign-row-visible', 'view-definer-writable'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    for (const table of someTables(scene, undefined, 1)) {
      const { name, sql, relation } = table;
      const view = beside(table, 'rowhouse_selftest Übersicht');
      const [second, third] = [beside(table, 'rowhouse_selftest_2'), beside(table, 'rowhouse_selftest_3')];
      const change = { object: view.name, relations: [name, view.name] };
      const grant = `grant select on ${view.sql} to ${scene.app};`;
      const plain = `create view ${view.sql} as select * from ${sql}; ${grant}`;
      yield { ...change, variant: 'unknown-to-the-model', sql: plain };
      const known = modelledView({ schema: relation.nspname, name: 'rowhouse_selftest Übersicht' }, nameOf(relation));
      yield { ...change, variant: 'known-to-the-model', views: [known], sql: plain };
      yield {
        ...change,
        variant: 'aggregate',
        sql: `create view ${view.sql} as select pg_catalog.count(*) from ${sql}; ${grant}`,
      };
      const invoker = scene.major >= 15 ? 'with (security_invoker)' : '';
      yield {
        object: third.name,
        relations: [name, third.name],
        variant: 'three-levels-deep',
        sql: `${plain}
create view ${second.sql} ${invoker} as select * from ${view.sql};
create view ${third.sql} ${invoker} as select * from ${second.sql} limit 100;
grant select on ${second.sql}, ${third.sql} to ${scene.app};`,
      };
    }
    for (const { view, of } of scene.model.views) {
      const live = findRelation(scene.snapshot, view);
      if (live?.relkind !== 'v') continue;
      const sql = quoteQualified(view);
      const definer = scene.major >= 15 ? `alter view ${sql} set (security_invoker = false);` : '';
      yield {
        variant: 'live-view',
        object: formatQualified(view),
        relations: [formatQualified(of), formatQualified(view)],
        sql: `${definer}\nalter view ${sql} owner to current_user;`,
      };
    }
  },
};
