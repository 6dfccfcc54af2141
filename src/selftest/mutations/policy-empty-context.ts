import { quoteLiteral } from '../../sql/ident.ts';
import type { Mutation } from '../mutation.ts';
import { blindly, oneRow, tenantType } from '../rows.ts';
import { dropPolicies, someByColumn } from '../scene.ts';

export const policyEmptyContext: Mutation = {
  id: 'policy-empty-context',
  foundBy: ['policy-fails-open'],
  needs: 'A table with a tenant column of text, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    const raw = `pg_catalog.current_setting(${quoteLiteral(scene.model.context.setting)}, true)`;
    for (const table of someByColumn(scene, (one) => /^(text|character varying)/.test(tenantType(one)), 1)) {
      const { name, sql, tenant } = table;
      yield {
        variant: 'equals-stored-nothing',
        object: name,
        relations: [name],
        sql: `${dropPolicies(scene, table)}
create policy rowhouse_selftest on ${sql} using (${tenant} = (select ${raw}));
${blindly(`update ${sql} t set ${tenant} = '' where ${oneRow(sql)};`)}`,
      };
    }
  },
};
