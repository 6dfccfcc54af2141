import { nameOf } from '../../catalog/lookup.ts';
import { formatQualified, quoteQualified } from '../../sql/ident.ts';
import type { Change, Harmless } from '../mutation.ts';
import { someByColumn, someTables } from '../scene.ts';
import { modelledView } from '../views.ts';

/** Views through which a wall still stands, or through which nobody looks. */
export const views: Harmless = {
  id: 'views',
  *plant(scene) {
    const bound = scene.unique('bound');
    for (const { name, sql, relation, schema, policies } of someTables(scene, undefined, 1)) {
      const view = { schema: relation.nspname, name: 'rowhouse_selftest "Sicht"' };
      const quoted = quoteQualified(view);
      const own = `create view ${quoted} as select * from ${sql};`;
      const grant = `grant select on ${quoted} to ${scene.app};`;
      const hidden: Change = { variant: 'not-granted', object: name, relations: [name], sql: own };
      const known = {
        object: formatQualified(view),
        relations: [name, formatQualified(view)],
        views: [modelledView(view, nameOf(relation))],
      };
      yield hidden;
      yield {
        ...hidden,
        variant: 'materialized-and-not-granted',
        sql: own.replace('create view', 'create materialized view'),
      };
      if (scene.major >= 15)
        yield { ...known, variant: 'invoker', sql: `${own.replace(' as ', ' with (security_invoker) as ')} ${grant}` };
      if (policies.every(({ polroles }) => polroles.includes('public')))
        yield {
          ...known,
          variant: 'of-a-bound-owner',
          sql: `create role ${bound}; grant usage, create on schema ${schema} to ${bound}; grant select on ${sql} to ${bound};
${own} alter view ${quoted} owner to ${bound}; revoke create on schema ${schema} from ${bound}; ${grant}`,
        };
    }
    for (const { name, sql, relation, tenant } of someByColumn(
      scene,
      ({ intent }) => intent.shared.startsWith('(false)'),
      1,
    )) {
      if (scene.context === null) return;
      const view = { schema: relation.nspname, name: 'rowhouse_selftest_own' };
      yield {
        variant: 'filter-with-barrier',
        object: formatQualified(view),
        relations: [name, formatQualified(view)],
        views: [modelledView(view, nameOf(relation))],
        sql: `create view ${quoteQualified(view)} with (security_barrier) as select * from ${sql} where ${tenant} = ${scene.context};
grant select on ${quoteQualified(view)} to ${scene.app};`,
      };
    }
  },
};
