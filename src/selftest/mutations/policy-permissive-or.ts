import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import { isReadBy, livePredicate, plainColumn, someTables, someByColumn } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyPermissiveOr: Mutation = {
  id: 'policy-permissive-or',
  foundBy: ['foreign-row-visible', 'policy-fails-open', 'policy-fallback-tenant'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    for (const table of someTables(scene, ({ access }) => access.policies.select.restrictive.length === 0)) {
      const { name, sql } = table;
      const add = (variant: string, rest: string, role = scene.role): Change => ({
        variant,
        object: name,
        relations: [name],
        role,
        sql: `create policy rowhouse_selftest on ${sql} ${rest};`,
      });
      const live = livePredicate(table, 'select');
      yield add('for-all', 'using (true)');
      yield add('for-select-to-app', `for select to ${scene.app} using (true)`);
      yield add('live-or-true', `for select using ((${live}) or 1 = 1)`);
      yield add('negated', `for select using (not (${live}))`);
      const other = scene.model.roles.app.find((role) => role !== scene.role);
      if (other !== undefined && isReadBy(scene, other, table))
        yield add('to-another-app-role', `for select to ${quoteIdent(other)} using (true)`, other);
      const column = plainColumn(scene, table);
      if (column) yield add('by-content', `for select using (${quoteIdent(column.attname)} is not null)`);
      const flag = table.relation.columns.find(({ type }) => type === 'boolean');
      if (flag) yield add('flag-unset', `for select using (${quoteIdent(flag.attname)} is null)`);
    }
    const [, second] = scene.subjects;
    for (const { name, sql, tenant } of someByColumn(
      scene,
      ({ access }) => access.policies.select.restrictive.length === 0,
    )) {
      if (second === undefined || scene.model.membership !== null) return;
      const add = (variant: string, rest: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} ${rest};`,
      });
      yield add('rows-of-one-tenant', `for select using (${tenant} = ${quoteLiteral(second)})`);
      if (scene.context !== null)
        yield add('for-one-tenant', `for select using (${scene.context} = ${quoteLiteral(second)})`);
    }
  },
};
