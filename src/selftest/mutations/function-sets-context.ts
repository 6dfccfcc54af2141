import { quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const functionSetsContext: Mutation = {
  id: 'function-sets-context',
  foundBy: ['function-definer'],
  needs: 'Two tenants, a table of tenants, and a context that is a plain setting.',
  *plant(scene) {
    const [, second] = scene.subjects;
    if (scene.context === null || second === undefined) return;
    const setting = scene.model.context.setting.split('.').map(quoteIdent).join('.');
    for (const { name, sql, schema } of someTables(scene, undefined, 1)) {
      yield {
        variant: 'rows',
        object: name,
        relations: [name],
        calls: true,
        sql: `create function ${schema}.rowhouse_selftest_f() returns setof ${sql} language sql stable
  set ${setting} to ${quoteLiteral(second)} as $f$ select * from ${sql} $f$;`,
      };
    }
  },
};
