import { nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteQualified } from '../../sql/ident.ts';
import { someByColumn } from '../scene.ts';
import { modelledView } from '../views.ts';
import type { Mutation } from '../mutation.ts';

export const viewDefinerWritable: Mutation = {
  id: 'view-definer-writable',
  foundBy: ['view-definer', 'foreign-row-writable', 'policy-check-weaker'],
  needs: 'A table with a tenant column.',
  *plant(scene) {
    for (const { name, sql, relation } of someByColumn(scene, undefined, 1)) {
      const view = { schema: relation.nspname, name: 'rowhouse_selftest_all' };
      const create = `create view ${quoteQualified(view)} as select * from ${sql};`;
      const change = {
        object: formatQualified(view),
        relations: [name, formatQualified(view)],
        views: [modelledView(view, nameOf(relation))],
      };
      for (const privilege of ['insert', 'update', 'delete']) {
        yield {
          ...change,
          variant: privilege,
          sql: `${create} grant ${privilege} on ${quoteQualified(view)} to ${scene.app};`,
        };
      }
    }
  },
};
