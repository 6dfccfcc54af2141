import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyFallbackTenant: Mutation = {
  id: 'policy-fallback-tenant',
  foundBy: ['policy-fails-open', 'policy-permissive-or', 'foreign-row-visible'],
  needs: 'Two tenants, a table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    const [, second] = scene.subjects;
    if (scene.context === null || second === undefined) return;
    const { setting } = scene.model.context;
    const set = `set ${setting.split('.').map(quoteIdent).join('.')} to ${quoteLiteral(second)}`;
    const database = quoteIdent(scene.snapshot.database);
    const preset = { object: `role:${scene.role}`, relations: scene.tables.slice(0, 1).map(({ name }) => name) };
    yield { ...preset, variant: 'role-setting', sql: `alter role ${scene.app} ${set};` };
    yield { ...preset, variant: 'role-setting-here', sql: `alter role ${scene.app} in database ${database} ${set};` };
    yield {
      ...preset,
      variant: 'database-setting',
      object: scene.snapshot.database,
      sql: `alter database ${database} ${set};`,
    };
    for (const { name, sql, tenant } of someByColumn(
      scene,
      ({ access }) => access.policies.select.restrictive.length === 0,
      1,
    )) {
      const fallback = `${tenant} = coalesce(${scene.context}, ${quoteLiteral(second)})`;
      yield {
        variant: 'literal',
        object: name,
        relations: [name],
        sql: `create policy rowhouse_selftest on ${sql} for select using (${fallback});`,
      };
    }
  },
};
