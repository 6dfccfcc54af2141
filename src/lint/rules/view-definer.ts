import { viewDefiner as rule } from '../../domain/rules/view-definer.ts';
import { isReachable, mayUse } from '../../access/matrix.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { exposuresOf, type Exposure } from '../exposure.ts';
import type { LintInput } from '../input.ts';
import type { LintRule } from '../rule.ts';
import { isWalled } from '../walls.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const viewDefiner: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create view app.all_notes as select id, body from app.notes;
grant select on app.all_notes to app_user;`,
    },
    {
      bad: `create view app.all_notes as select * from app.notes;
create view app.titled as select n.id, p.title from app.all_notes n join app.projects p on p.id = n.project_id;
alter view app.titled owner to app_owner;
grant select on app.all_notes to app_owner;
grant select on app.titled to app_user;`,
    },
    {
      bad: `create view app.some_notes as select * from app.notes
  where tenant_id = app.current_tenant() or body = '';
grant select on app.some_notes to app_user;`,
    },
  ],
  *check(input) {
    const { role, access } = input;
    if (access.closure.exempt) return;
    for (const own of access.relations.values()) {
      const view = own.relation;
      if (view.relkind !== 'v' || !mayUse(own, 'select')) continue;
      const exposed = exposuresOf(input, view).filter(
        (exposure) => exposure.filter !== 'tied' && !isOpenAnyway(input, exposure),
      );
      const [first] = exposed;
      if (first === undefined) continue;
      const tables = listed(exposed.map(({ relation }) => objectOf(relation)));
      const bare = exposed.some(({ filter }) => filter === 'none');
      const fix = [...new Set(exposed.map((exposure) => fixOf(input, exposure)))].join('\n');
      yield {
        object: objectOf(view),
        severity: bare ? 'error' : 'warning',
        message: `through it ${role} reads ${tables} as ${first.as}, whom policies do not keep to a tenant, and ${bare ? 'it does not ask for the context' : 'what it asks of the context lets other rows pass too'}`,
        ...(fix !== '' && { fix }),
      };
    }
  },
};

/** A table that the app role reads without the view too is rls-disabled's, and a materialized view matview-exposed's. */
function isOpenAnyway({ access }: LintInput, { relation }: Exposure): boolean {
  if (relation.relkind === 'm' || relation.relkind === 'f') return true;
  const own = access.relations.get(relation.oid);
  return own !== undefined && !relation.relrowsecurity && isReachable(own);
}

/** The innermost view is the one that reads with rights of its own. */
function fixOf({ snapshot, model, ...input }: LintInput, { through, relation }: Exposure): string {
  const reader = through.at(-1);
  if (reader === undefined) return '';
  if (snapshot.serverVersionNum >= 150000) return `alter view ${quoted(reader)} set (security_invoker = true);`;
  const { owner } = model.roles;
  const bound = owner !== null && isWalled({ snapshot, model, ...input }, owner, relation);
  return bound ? `alter view ${quoted(reader)} owner to ${quoteIdent(owner)};` : '';
}
