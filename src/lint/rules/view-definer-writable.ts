import { parseAclItem } from '../../access/acl.ts';
import { mayUse, type RelationAccess } from '../../access/matrix.ts';
import type { Command } from '../../access/policies.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { viewDefinerWritable as rule } from '../../domain/rules/view-definer-writable.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted, quotedGrantee } from '../wording.ts';
import { writesAnyTenant, writtenThrough } from '../write-through.ts';

const writes = ['insert', 'update', 'delete'] as const satisfies readonly Command[];

export const viewDefinerWritable: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create view app.all_notes as select id, tenant_id, body from app.notes;
grant delete, update (body) on app.all_notes to app_user;`,
    },
    {
      bad: `create view app.own_notes with (security_barrier = true) as
  select id, tenant_id, body from app.notes where tenant_id = app.current_tenant();
grant select, insert on app.own_notes to app_user;`,
    },
  ],
  *check(input) {
    const { role, access } = input;
    if (access.closure.exempt) return;
    const common = new Set(input.commonTables.map(({ relation }) => relation.oid));
    for (const own of access.relations.values()) {
      if (own.relation.relkind !== 'v' || !writes.some((command) => mayUse(own, command))) continue;
      const written = writtenThrough(input, own.relation);
      // What the app role writes as itself is judged at the table.
      if (written === undefined || written.as === role || !common.has(written.table.oid)) continue;
      const open = writes.filter((command) => writesAnyTenant(input, own, written, command));
      if (open.length === 0) continue;
      yield {
        object: objectOf(own.relation),
        message: `through it ${role} may ${listed(open.map((command) => command.toUpperCase()))} rows of any tenant in ${objectOf(written.table)}, as ${written.as}`,
        fix: revoked(own, access.closure.has),
      };
    }
  },
};

function revoked({ relation }: RelationAccess, roles: ReadonlySet<string>): string {
  const view = quoted(relation);
  const whole = relation.relacl
    .map(parseAclItem)
    .filter(({ grantee, privileges }) => roles.has(grantee) && privileges.some((one) => one !== 'SELECT'))
    .map(({ grantee }) => `revoke insert, update, delete on ${view} from ${quotedGrantee(grantee)};`);
  const single = relation.columns.flatMap(({ attname, attacl }) =>
    attacl
      .map(parseAclItem)
      .filter(({ grantee }) => roles.has(grantee))
      .map(
        ({ grantee }) =>
          `revoke insert (${quoteIdent(attname)}), update (${quoteIdent(attname)}) on ${view} from ${quotedGrantee(grantee)};`,
      ),
  );
  return [...whole, ...single].join('\n');
}
