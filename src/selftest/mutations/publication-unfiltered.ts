import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const publicationUnfiltered: Mutation = {
  id: 'publication-unfiltered',
  foundBy: [],
  needs: 'A table of tenants.',
  *plant(scene) {
    const publication = scene.unique('publication');
    for (const { name, sql } of someTables(scene, undefined, 1)) {
      const change = { object: name, relations: [] };
      yield { ...change, variant: 'table', sql: `create publication ${publication} for table ${sql};` };
      yield { ...change, variant: 'all-tables', sql: `create publication ${publication} for all tables;` };
    }
  },
};
