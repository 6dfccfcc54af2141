import { mayUse } from '../../access/matrix.ts';
import { exposuresOf } from '../exposure.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const viewNotBarrier: LintRule = {
  id: 'view-not-barrier',
  severity: 'warning',
  summary: 'A view filters by tenant for a role that policies do not bind, and is no security barrier.',
  help: "Without security_barrier a query's own conditions may run before the view's filter: a function that is cheap enough sees the rows that the view hides. Make it a barrier, or let it read with the caller's rights (security_invoker, PostgreSQL 15+).",
  examples: [
    {
      bad: `create view app.own_notes as select * from app.notes where tenant_id = app.current_tenant();
grant select on app.own_notes to app_user;`,
    },
  ],
  *check(input) {
    if (input.access.closure.exempt) return;
    for (const own of input.access.relations.values()) {
      const view = own.relation;
      if (view.relkind !== 'v' || !mayUse(own, 'select')) continue;
      const exposed = exposuresOf(input, view);
      // Where something is not filtered at all, that is what has to be mended.
      if (exposed.length === 0 || exposed.some(({ filter }) => filter !== 'tied')) continue;
      const open = exposed.filter(({ barrier }) => !barrier);
      if (open.length === 0) continue;
      yield {
        object: objectOf(view),
        message: `it filters ${listed(open.map(({ relation }) => objectOf(relation)))} by tenant, and is no barrier to a function that ${input.role} puts into a query`,
        fix: `alter view ${quoted(view)} set (security_barrier = true);`,
      };
    }
  },
};
