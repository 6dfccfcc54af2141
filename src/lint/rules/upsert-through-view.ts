import { mayUse } from '../../access/matrix.ts';
import { granteesOf } from '../../access/acl.ts';
import { upsertThroughView as rule } from '../../domain/rules/upsert-through-view.ts';
import { hasGlobalKey } from '../global-keys.ts';
import type { LintRule } from '../rule.ts';
import { isWalled } from '../walls.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';
import { writtenThrough } from '../write-through.ts';

/** Looking for the conflict takes SELECT too. */
const upsert = ['select', 'insert', 'update'] as const;

export const upsertThroughView: LintRule = {
  ...rule,
  severity: 'warning',
  examples: [
    {
      bad: `alter table app.notes alter tenant_id set default app.current_tenant();
create view app.own_notes with (security_barrier = true) as
  select id, body from app.notes where tenant_id = app.current_tenant();
grant select, insert, update on app.own_notes to app_user;`,
    },
  ],
  *check(input) {
    const { role, access } = input;
    const common = new Set(input.commonTables.map(({ relation }) => relation.oid));
    for (const own of access.relations.values()) {
      if (own.relation.relkind !== 'v' || !upsert.every((command) => mayUse(own, command))) continue;
      const written = writtenThrough(input, own.relation);
      // A check option looks at what an upsert makes of the row, too.
      if (written?.filter !== 'tied' || written.checked || written.as === role) continue;
      if (!common.has(written.table.oid)) continue;
      if (isWalled(input, written.as, written.table, 'update')) continue;
      if (!hasGlobalKey(input, written.table)) continue;
      const grantees = granteesOf(own.relation.relacl, access.closure.has, 'UPDATE');
      yield {
        object: objectOf(own.relation),
        message: `${role} may upsert through it: a row of ${objectOf(written.table)} in conflict is updated as ${written.as}, whether the view shows it or not`,
        ...(grantees.length > 0 && {
          fix: `revoke update on ${quoted(own.relation)} from ${grantees.map(quotedGrantee).join(', ')};`,
        }),
      };
    }
  },
};
