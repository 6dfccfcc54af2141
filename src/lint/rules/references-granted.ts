import { granteesOf, privilegesIn } from '../../access/acl.ts';
import { mayCreateIn } from '../../access/privileges.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintInput } from '../input.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';

export const referencesGranted: LintRule = {
  id: 'references-granted',
  severity: 'warning',
  summary: 'The app role may point foreign keys at a tenant table, and may create tables to do so.',
  help: 'A foreign key is checked without row-level security: by inserting into a table of its own, a tenant learns which keys exist, its own or not. Revoke REFERENCES, which only whoever makes tables needs.',
  examples: [
    {
      bad: `create schema scratch;
grant usage, create on schema scratch to app_user;
grant references on app.notes to app_user;`,
    },
  ],
  *check(input) {
    const { commonTables, role, access } = input;
    const { closure } = access;
    if (closure.exempt || !mayCreateTables(input)) return;
    for (const { relation, access: own } of commonTables) {
      const columns = own.privileges.columns.REFERENCES;
      if (columns.length === 0 || closure.has.has(relation.relowner)) continue;
      const table = quoted(relation);
      const whole = granteesOf(relation.relacl, closure.has, 'REFERENCES');
      const single = relation.columns.flatMap(({ attname, attacl }) =>
        granteesOf(attacl, closure.has, 'REFERENCES').map(
          (grantee) => `revoke references (${quoteIdent(attname)}) on ${table} from ${quotedGrantee(grantee)};`,
        ),
      );
      yield {
        object: objectOf(relation),
        message: `${role} may point foreign keys at it, and create tables that do`,
        fix: [
          ...(whole.length > 0 ? [`revoke references on ${table} from ${whole.map(quotedGrantee).join(', ')};`] : []),
          ...single,
        ].join('\n'),
      };
    }
  },
};

/** In a schema that is there, or in one of its own. A temporary table cannot reference one that is not. */
function mayCreateTables({ snapshot, access: { closure } }: LintInput): boolean {
  return (
    snapshot.schemas.some((schema) => mayCreateIn(closure, schema)) ||
    privilegesIn(snapshot.datacl, closure.has).has('CREATE')
  );
}
