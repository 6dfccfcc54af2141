import { quoteLiteral } from '../../sql/ident.ts';
import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const tenantDefaultConstant: Mutation = {
  id: 'tenant-default-constant',
  foundBy: [],
  needs: 'Two tenants and a table with a tenant column.',
  *plant(scene) {
    const [, second] = scene.subjects;
    if (second === undefined || scene.model.membership !== null) return;
    for (const { name, sql, tenant } of someByColumn(scene, undefined, 1)) {
      const set = `alter table ${sql} alter column ${tenant} set default`;
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'literal', sql: `${set} ${quoteLiteral(second)};` };
      if (scene.context === null) return;
      yield {
        ...change,
        variant: 'fallback',
        sql: `${set} coalesce(${scene.context.slice('(select '.length, -1)}, ${quoteLiteral(second)});`,
      };
    }
  },
};
