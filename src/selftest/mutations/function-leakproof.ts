import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const functionLeakproof: Mutation = {
  id: 'function-leakproof',
  foundBy: [],
  needs: 'A schema that the app role may use.',
  *plant(scene) {
    for (const { relation, schema } of someTables(scene, undefined, 1)) {
      yield {
        variant: 'cheap',
        object: relation.nspname,
        relations: [],
        sql: `create function ${schema}.rowhouse_selftest_f(seen text) returns boolean language plpgsql leakproof cost 0.0000001 as $f$
begin raise notice '%', seen; return true; end $f$;`,
      };
    }
  },
};
