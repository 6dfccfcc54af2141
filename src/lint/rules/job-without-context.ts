import { closureOf, rolesByName } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { boundBypassRoles, type BoundTable } from '../bypass-roles.ts';
import type { LintInput } from '../input.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listedBriefly, objectOf, roleObject } from '../wording.ts';

export const jobWithoutContext: LintRule = {
  id: 'job-without-context',
  severity: 'warning',
  summary: 'Jobs that change the rows of all tenants are bound by row-level security.',
  help: 'A session without a context sees no row: its UPDATE or DELETE changes none and reports success. Run jobs as a role with BYPASSRLS that the model names under roles.bypass, or for one tenant after the other; row_security = off makes an error of it.',
  examples: [
    {
      bad: `alter role etl_user nobypassrls;
grant usage on schema app to etl_user;
grant insert, delete on app.tenants, app.projects, app.notes, app.tools to etl_user;`,
    },
  ],
  *check(input) {
    for (const [role, tables] of boundBypassRoles(input)) {
      const bound = tables.filter(changesNothing);
      if (bound.length === 0) continue;
      yield {
        object: roleObject(role),
        message: `${role} may change rows of all tenants by the model, and is bound by row-level security on ${listedBriefly(bound.map(({ relation }) => objectOf(relation)))}`,
        fix: `alter role ${quoteIdent(role)} bypassrls;`,
      };
    }
    yield* ownerAlone(input);
  },
};

function changesNothing({ privileges: { table, columns }, isOpen }: BoundTable): boolean {
  return (
    (columns.INSERT.length > 0 && !isOpen('insert')) ||
    (columns.UPDATE.length > 0 && !isOpen('update')) ||
    (table.has('DELETE') && !isOpen('delete'))
  );
}

/** A forced owner is as it should be; but then somebody else has to do the jobs. */
function* ownerAlone({ snapshot, model, commonTables }: LintInput): Generator<Observed> {
  const { owner, bypass } = model.roles;
  const roles = rolesByName(snapshot);
  if (owner === null || !roles.has(owner) || bypass.some((role) => roles.has(role))) return;
  const closure = closureOf(snapshot, owner);
  const bound = commonTables.filter(({ relation }) => rowSecurityOf(closure, relation) === 'bound');
  if (bound.length === 0) return;
  yield {
    object: roleObject(owner),
    severity: 'info',
    message: `${owner} is bound on ${listedBriefly(bound.map(({ relation }) => objectOf(relation)))}, and the model names no role for jobs that is not`,
  };
}
