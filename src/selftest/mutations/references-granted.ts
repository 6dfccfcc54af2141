import { keyColumn, someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const referencesGranted: Mutation = {
  id: 'references-granted',
  foundBy: [],
  needs: 'A table of tenants with a key of one column.',
  *plant(scene) {
    for (const table of someTables(scene, (one) => keyColumn(scene, one) !== undefined, 1)) {
      const { name, sql, schema } = table;
      const change = { object: name, relations: [] };
      const create = `grant create on schema ${schema} to ${scene.app};`;
      yield { ...change, variant: 'table', sql: `${create} grant references on ${sql} to ${scene.app};` };
      yield {
        ...change,
        variant: 'column',
        sql: `${create} grant references (${keyColumn(scene, table) ?? ''}) on ${sql} to ${scene.app};`,
      };
    }
  },
};
