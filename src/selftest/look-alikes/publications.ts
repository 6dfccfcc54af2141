import { quoteLiteral } from '../../sql/ident.ts';
import type { Harmless } from '../mutation.ts';
import { someByColumn } from '../scene.ts';

/** Publications that carry the rows of one tenant, or of none. */
export const publications: Harmless = {
  id: 'publications',
  *plant(scene) {
    const publication = scene.unique('publication');
    yield {
      variant: 'empty',
      object: scene.snapshot.database,
      relations: [],
      sql: `create publication ${publication};`,
    };
    const [first] = scene.subjects;
    if (scene.major < 15 || first === undefined || scene.model.membership !== null) return;
    for (const { name, sql, tenant } of someByColumn(scene, undefined, 1)) {
      yield {
        variant: 'one-tenant',
        object: name,
        relations: [],
        sql: `create publication ${publication} for table ${sql} where (${tenant} = ${quoteLiteral(first)}) with (publish = 'insert');`,
      };
    }
  },
};
