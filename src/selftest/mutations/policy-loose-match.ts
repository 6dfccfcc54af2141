import { quoteLiteral } from '../../sql/ident.ts';
import { dropPolicies, someByColumn } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyLooseMatch: Mutation = {
  id: 'policy-loose-match',
  foundBy: ['policy-fails-open', 'foreign-row-visible'],
  needs: 'A table with a tenant column, and a context that is a plain setting.',
  *plant(scene) {
    if (scene.context === null) return;
    const raw = `pg_catalog.current_setting(${quoteLiteral(scene.model.context.setting)}, true)`;
    for (const table of someByColumn(scene, undefined, 1)) {
      const { name, sql, tenant } = table;
      const replaced = (variant: string, using: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `${dropPolicies(scene, table)}\ncreate policy rowhouse_selftest on ${sql} using (${using});`,
      });
      const id = `${tenant}::pg_catalog.text`;
      yield replaced('like', `${id} like ${raw}`);
      yield replaced('prefix', `${id} like ${raw} || '%' and ${raw} <> ''`);
      yield replaced('contains', `pg_catalog.strpos(${raw}, ${id}) > 0`);
      yield replaced('list', `${id} = any (pg_catalog.string_to_array(${raw}, ','))`);
      yield replaced('pattern', `${id} ~ ${raw} and ${raw} <> ''`);
    }
  },
};
