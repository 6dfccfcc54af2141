import { quoteIdent } from '../../sql/ident.ts';
import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const defaultPrivilegesOpen: Mutation = {
  id: 'default-privileges-open',
  foundBy: [],
  needs: 'A schema with tables of tenants.',
  *plant(scene) {
    for (const { relation, schema } of someTables(scene, undefined, 1)) {
      const owner = quoteIdent(relation.relowner);
      const change = { object: relation.nspname, relations: [] };
      const inSchema = `alter default privileges for role ${owner} in schema ${schema}`;
      yield { ...change, variant: 'in-schema', sql: `${inSchema} grant select on tables to ${scene.app};` };
      yield { ...change, variant: 'to-all', sql: `${inSchema} grant insert on tables to public;` };
      const anywhere = `alter default privileges for role ${owner}`;
      yield { ...change, variant: 'anywhere', sql: `${anywhere} grant select, insert on tables to ${scene.app};` };
    }
  },
};
