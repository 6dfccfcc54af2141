import { privilegesIn } from '../../access/acl.ts';
import { mayUse } from '../../access/matrix.ts';
import { formatIdent } from '../../sql/ident.ts';
import { isSwitchedOn } from '../../sql/switched-on.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, roleObject } from '../wording.ts';

export const largeObjectShared: LintRule = {
  id: 'large-object-shared',
  severity: 'warning',
  summary: 'The app role keeps data in large objects, which row-level security does not reach.',
  help: 'A large object has an owner and grants, and no tenant: whoever shares the app role reads all of its objects by their number. Keep the data in a bytea column of a table that has policies.',
  examples: [
    {
      bad: `set role app_user;
select lo_from_bytea(0, 'secret');
reset role;`,
      good: `set role app_user;
select lo_unlink(oid) from pg_largeobject_metadata where lomowner = 'app_user'::regrole;
reset role;`,
    },
    {
      bad: 'alter role app_user set lo_compat_privileges = on;',
      good: 'alter role app_user reset lo_compat_privileges;',
    },
  ],
  *check({ snapshot, commonTables, role, access: { closure } }) {
    if (closure.exempt) return;
    const granted = privilegesIn(snapshot.largeobjectacl, closure.has);
    if (granted.has('SELECT') || granted.has('UPDATE')) {
      yield {
        object: roleObject(role),
        message: `${role} may read or change large objects, whichever tenant's they are`,
      };
    }
    for (const { rolname, setconfig } of snapshot.roleSettings) {
      if ((rolname !== null && rolname !== role) || !isSwitchedOn(setconfig, 'lo_compat_privileges')) continue;
      yield {
        object: roleObject(role),
        aspect: 'lo_compat_privileges',
        message: `sessions ${rolname === null ? 'of the database' : `of ${role}`} start with lo_compat_privileges, and every large object is theirs to read and to change`,
      };
    }
    for (const { relation, access } of commonTables) {
      const column = relation.columns.find(({ type }) => type === 'oid' || /(^|\.)lo$/.test(type));
      if (column === undefined || !(mayUse(access, 'insert') || mayUse(access, 'update'))) continue;
      yield {
        object: objectOf(relation),
        severity: 'info',
        message: `${formatIdent(column.attname)} can hold the number of a large object, which every tenant of ${role} could read`,
      };
    }
  },
};
