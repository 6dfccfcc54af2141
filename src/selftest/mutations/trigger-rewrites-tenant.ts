import { quoteLiteral } from '../../sql/ident.ts';
import { may, someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const triggerRewritesTenant: Mutation = {
  id: 'trigger-rewrites-tenant',
  foundBy: ['policy-check-weaker', 'foreign-row-writable'],
  needs: 'Two tenants, a table in which the app role may insert, and a context that is a plain setting.',
  *plant(scene) {
    const [, second] = scene.subjects;
    if (scene.context === null || second === undefined) return;
    const setting = quoteLiteral(scene.model.context.setting);
    for (const { name, sql, schema, tenant } of someByColumn(scene, (one) => may(one, 'insert'), 1)) {
      const trigger = `${schema}.rowhouse_selftest_rewrite`;
      const planted = (
        body: string,
        attributes = '',
      ): string => `create function ${trigger}() returns trigger language plpgsql ${attributes} as $f$
begin ${body} return new; end $f$;
create trigger rowhouse_selftest before insert or update on ${sql} for each row execute function ${trigger}();`;
      const rewrite = `new.${tenant} := ${quoteLiteral(second)};`;
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'rewrites', sql: planted(rewrite) };
      yield {
        ...change,
        variant: 'sets-context',
        sql: planted(`perform pg_catalog.set_config(${setting}, ${quoteLiteral(second)}, true); ${rewrite}`),
      };
      yield {
        ...change,
        variant: 'context-of-the-row',
        sql: planted(`perform pg_catalog.set_config(${setting}, new.${tenant}::pg_catalog.text, true);`),
      };
    }
  },
};
