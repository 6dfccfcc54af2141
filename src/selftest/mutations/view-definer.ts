import { findRelation, nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../../sql/ident.ts';
import { modelledView } from '../views.ts';
import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const viewDefiner: Mutation = {
  id: 'view-definer',
  foundBy: ['foreign-row-visible', 'view-definer-writable'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    for (const { name, sql, schema, relation } of someTables(scene, undefined, 1)) {
      const view = (suffix: string): string => `${schema}.${quoteIdent(`rowhouse_selftest ${suffix}`)}`;
      const grant = (suffix: string): string => `grant select on ${view(suffix)} to ${scene.app};`;
      const change = { object: name, relations: [name] };
      const plain = `create view ${view('Übersicht')} as select * from ${sql};`;
      const known = { schema: relation.nspname, name: 'rowhouse_selftest Übersicht' };
      yield { ...change, variant: 'unknown-to-the-model', sql: `${plain} ${grant('Übersicht')}` };
      yield {
        variant: 'known-to-the-model',
        object: formatQualified(known),
        relations: [name, formatQualified(known)],
        views: [modelledView(known, nameOf(relation))],
        sql: `${plain} ${grant('Übersicht')}`,
      };
      yield {
        ...change,
        variant: 'aggregate',
        sql: `create view ${view('n')} as select pg_catalog.count(*) from ${sql};\n${grant('n')}`,
      };
      const invoker = scene.major >= 15 ? 'with (security_invoker)' : '';
      yield {
        ...change,
        variant: 'three-levels-deep',
        sql: `${plain}
create view ${view('2')} ${invoker} as select * from ${view('Übersicht')};
create view ${view('3')} ${invoker} as select * from ${view('2')} limit 100;
grant select on ${view('2')} to ${scene.app};
${grant('3')}${scene.major >= 15 ? ` ${grant('Übersicht')}` : ''}`,
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
