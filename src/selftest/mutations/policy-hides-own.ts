import { quoteLiteral, quoteIdent } from '../../sql/ident.ts';
import { dropPolicies, plainColumn, someByColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyHidesOwn: Mutation = {
  id: 'policy-hides-own',
  foundBy: [],
  needs: 'A table of whose rows a tenant must see all of its own.',
  *plant(scene) {
    const [, second] = scene.subjects;
    if (second !== undefined && scene.model.membership === null) {
      for (const { name, sql, tenant } of someByColumn(scene, ({ intent }) => intent.complete, 1)) {
        yield {
          variant: 'one-tenant',
          object: name,
          relations: [name],
          sql: `create policy rowhouse_selftest on ${sql} as restrictive for select using (${tenant} <> ${quoteLiteral(second)});`,
        };
      }
    }
    for (const table of someTables(scene, ({ intent }) => intent.complete, 1)) {
      const change = { object: table.name, relations: [table.name] };
      yield { ...change, variant: 'all', sql: dropPolicies(scene, table) };
      const column = plainColumn(scene, table);
      if (column === undefined) continue;
      yield {
        ...change,
        variant: 'some-rows',
        sql: `create policy rowhouse_selftest on ${table.sql} as restrictive for select using (pg_catalog.hashtext(${quoteIdent(column.attname)}) % 2 = 0);`,
      };
    }
    for (const table of someByColumn(
      scene,
      ({ intent }) => intent.complete && !intent.shared.startsWith('(false)'),
      1,
    )) {
      if (scene.context === null) return;
      yield {
        variant: 'shared-rows',
        object: table.name,
        relations: [table.name],
        sql: `create policy rowhouse_selftest on ${table.sql} as restrictive for select using (${table.tenant} = ${scene.context});`,
      };
    }
  },
};
