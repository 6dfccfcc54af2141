import { quoteLiteral } from '../../sql/ident.ts';
import { someTables } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policySessionUser: Mutation = {
  id: 'policy-session-user',
  foundBy: ['policy-permissive-or', 'foreign-row-visible', 'policy-fails-open'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    const name = quoteLiteral(scene.role);
    for (const table of someTables(scene, ({ access }) => access.policies.select.restrictive.length === 0, 1)) {
      const add = (variant: string, using: string): Change => ({
        variant,
        object: table.name,
        relations: [table.name],
        sql: `create policy rowhouse_selftest on ${table.sql} for select using (${using});`,
      });
      yield add('current-user', `current_user = ${name}`);
      yield add('session-user', `session_user = ${name}`);
      yield add('member', `pg_catalog.pg_has_role(current_user, ${name}, 'member')`);
    }
  },
};
