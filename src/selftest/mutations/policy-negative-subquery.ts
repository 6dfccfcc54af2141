import { quoteIdent } from '../../sql/ident.ts';
import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyNegativeSubquery: Mutation = {
  id: 'policy-negative-subquery',
  foundBy: ['policy-permissive-or', 'foreign-row-visible', 'policy-fails-open'],
  needs: 'A table with a tenant column, and policies on that of the tenants.',
  *plant(scene) {
    const { root } = scene;
    if (root === undefined || scene.model.membership !== null) return;
    const key = quoteIdent(scene.model.tenants.key);
    for (const { name, sql, tenant } of someByColumn(
      scene,
      ({ access }) => access.policies.select.restrictive.length === 0,
      1,
    )) {
      const change = { object: name, relations: [name] };
      const add = `create policy rowhouse_selftest on ${sql} for select using`;
      const hidden = `select from ${root.sql} r where r.${key} = ${sql}.${tenant}`;
      yield { ...change, variant: 'not-exists', sql: `${add} (not exists (${hidden}));` };
      yield { ...change, variant: 'not-in', sql: `${add} (${tenant} not in (select r.${key} from ${root.sql} r));` };
      yield {
        ...change,
        variant: 'count-zero',
        sql: `${add} ((select pg_catalog.count(*) from ${root.sql} r where r.${key} = ${sql}.${tenant}) = 0);`,
      };
    }
  },
};
