import { dropPolicies } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const tenantRootReadable: Mutation = {
  id: 'tenant-root-readable',
  foundBy: ['foreign-row-visible', 'policy-permissive-or', 'rls-disabled', 'policies-dormant'],
  needs: 'A table of the tenants with policies that the app role reaches.',
  *plant({ root, ...scene }) {
    if (root === undefined) return;
    const { name, sql } = root;
    const change = { object: name, relations: [name] };
    yield { ...change, variant: 'policy', sql: `create policy rowhouse_selftest on ${sql} for select using (true);` };
    yield { ...change, variant: 'disabled', sql: `alter table ${sql} disable row level security;` };
    yield {
      ...change,
      variant: 'with-a-context',
      sql: `${dropPolicies({ root, ...scene }, root)}
create policy rowhouse_selftest on ${sql} for select using (${scene.context ?? '1'} is not null);`,
    };
  },
};
