import { quoteLiteral } from '../../sql/ident.ts';
import { someByColumn, someTables, livePredicate } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyFailsOpen: Mutation = {
  id: 'policy-fails-open',
  foundBy: ['policy-permissive-or', 'foreign-row-visible', 'policy-empty-context', 'policy-null-tenant'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    const setting = quoteLiteral(scene.model.context.setting);
    const raw = `pg_catalog.current_setting(${setting}, true)`;
    const add = (table: { name: string; sql: string }, variant: string, using: string): Change => ({
      variant,
      object: table.name,
      relations: [table.name],
      sql: `create policy rowhouse_selftest on ${table.sql} for select using (${using});`,
    });
    for (const table of someTables(scene, ({ access }) => access.policies.select.restrictive.length === 0, 1)) {
      yield add(table, 'unset', `${raw} is null`);
      yield add(table, 'empty', `${raw} = ''`);
      yield add(table, 'unset-or-empty', `coalesce(${raw}, '') = ''`);
      yield add(table, 'garbage', `${raw} !~ '^[0-9a-f-]{36}$' and ${raw} <> ''`);
      yield add(table, 'live-unknown', `(${livePredicate(table, 'select')}) is not false`);
    }
    for (const table of someByColumn(scene, ({ access }) => access.policies.select.restrictive.length === 0, 1)) {
      if (scene.context !== null)
        yield add(table, 'coalesce', `${table.tenant} = coalesce(${scene.context}, ${table.tenant})`);
    }
  },
};
