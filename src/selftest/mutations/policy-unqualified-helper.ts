import { quoteIdent } from '../../sql/ident.ts';
import { tenantType } from '../rows.ts';
import { dropPolicies, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyUnqualifiedHelper: Mutation = {
  id: 'policy-unqualified-helper',
  foundBy: [],
  needs: 'A table with a tenant column, one of the tenants, and a context that is a plain setting.',
  *plant(scene) {
    const { root, context } = scene;
    if (root === undefined || context === null) return;
    const key = quoteIdent(scene.model.tenants.key);
    const rootSchema = quoteIdent(root.relation.nspname);
    for (const table of someByColumn(scene, undefined, 1)) {
      const { name, sql, schema, tenant } = table;
      const helper = `${schema}.rowhouse_selftest_tenant`;
      const body = `select r.${key} from ${quoteIdent(root.relation.relname)} r where r.${key} = ${context}`;
      const planted = (settings: string): string => `set local check_function_bodies = off;
create function ${helper}() returns ${tenantType(table)} language sql stable security definer ${settings} as $f$ ${body} $f$;
${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} = (select ${helper}()));`;
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'path-without-temp', sql: planted(`set search_path to ${rootSchema}`) };
      yield { ...change, variant: 'path-of-the-caller', sql: planted('') };
    }
  },
};
