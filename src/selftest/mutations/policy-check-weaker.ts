import { quoteIdent } from '../../sql/ident.ts';
import { livePredicate, may, someByColumn, type Table } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const policyCheckWeaker: Mutation = {
  id: 'policy-check-weaker',
  foundBy: ['policy-permissive-or', 'policy-wrong-command', 'foreign-row-writable', 'policy-shared-writable'],
  needs: 'A table with policies in which the app role may insert.',
  *plant(scene) {
    for (const table of someByColumn(scene, (one) => isFloorless(one) && may(one, 'insert'))) {
      const { name, sql, tenant, policies } = table;
      const change = (variant: string, text: string): Change => ({
        variant,
        object: name,
        relations: [name],
        sql: text,
      });
      const add = (rest: string): string => `create policy rowhouse_selftest on ${sql} ${rest};`;
      yield change('insert', add('for insert with check (true)'));
      yield change('insert-any-tenant', add(`for insert with check (${tenant} is not null)`));
      const [all] = policies.filter(({ polcmd }) => polcmd === '*');
      if (all) yield change('all', `alter policy ${quoteIdent(all.polname)} on ${sql} with check (true);`);
      yield change(
        'update',
        `grant update (${tenant}) on ${sql} to ${scene.app};\n${add(`for update using (${livePredicate(table, 'update')}) with check (true)`)}`,
      );
    }
  },
};

function isFloorless({ access: { policies } }: Table): boolean {
  return policies.insert.restrictive.length === 0 && policies.update.restrictive.length === 0;
}
