import { quoteLiteral } from '../../sql/ident.ts';
import { tenantType } from '../rows.ts';
import { dropPolicies, someByColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyImmutableContext: Mutation = {
  id: 'policy-immutable-context',
  foundBy: [],
  needs: 'Policies that call a function, or a context that is a plain setting.',
  *plant(scene) {
    for (const table of someTables(scene, undefined, 1)) {
      const called = new Set(table.policies.flatMap(({ callsFunctions }) => callsFunctions));
      const helper = scene.snapshot.functions.find(({ oid, provolatile }) => called.has(oid) && provolatile !== 'i');
      if (helper === undefined) continue;
      yield {
        variant: 'live-helper',
        object: table.name,
        relations: [table.name],
        sql: `alter function ${helper.signature} immutable;`,
      };
    }
    if (scene.context === null) return;
    for (const table of someByColumn(scene, undefined, 1)) {
      const helper = `${table.schema}.rowhouse_selftest_context`;
      const setting = quoteLiteral(scene.model.context.setting);
      yield {
        variant: 'wrapper',
        object: table.name,
        relations: [table.name],
        sql: `create function ${helper}() returns ${tenantType(table)} language plpgsql immutable as $f$
begin return nullif(pg_catalog.current_setting(${setting}, true), ''); end $f$;
${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${table.sql} using (${table.tenant} = ${helper}());`,
      };
    }
  },
};
