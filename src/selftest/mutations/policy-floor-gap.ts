import { dropPolicies, livePredicate, may, someTables } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyFloorGap: Mutation = {
  id: 'policy-floor-gap',
  foundBy: [
    'policy-permissive-or',
    'policy-wrong-command',
    'policy-check-weaker',
    'foreign-row-visible',
    'foreign-row-writable',
  ],
  needs: 'A table with policies that the app role may write to.',
  *plant(scene) {
    for (const table of someTables(scene, (one) => may(one, 'delete') || may(one, 'update'), 1)) {
      const { name, sql } = table;
      const live = livePredicate(table, 'select');
      const floor = (variant: string, rest: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: `${dropPolicies(scene, table)}
create policy open on ${sql} using (true) with check (true);
create policy floor on ${sql} as restrictive ${rest};`,
      });
      yield floor('only-select', `for select using (${live})`);
      const other = scene.unique('other');
      const elsewhere = floor('to-another-role', `to ${other} using (${live})`);
      yield { ...elsewhere, sql: `create role ${other};\n${elsewhere.sql}` };
      if (may(table, 'insert')) yield floor('check-left-open', `using (${live}) with check (true)`);
    }
  },
};
