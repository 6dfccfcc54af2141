import { quoteIdent } from '../../sql/ident.ts';
import { someTables } from '../scene.ts';
import type { Change, Mutation } from '../mutation.ts';

export const roleCanBecomeOwner: Mutation = {
  id: 'role-can-become-owner',
  foundBy: ['rls-not-forced', 'role-bypasses-rls'],
  needs: 'A table whose owner is another role than the app role.',
  *plant(scene) {
    const group = scene.unique('group');
    const isOthers = (relowner: string): boolean => !scene.access.closure.has.has(relowner);
    for (const { name, relation } of someTables(scene, (table) => isOthers(table.relation.relowner), 1)) {
      const owner = quoteIdent(relation.relowner);
      const change = (variant: string, sql: string): Change => ({ variant, object: name, relations: [name], sql });
      yield change('member', `grant ${owner} to ${scene.app};`);
      yield change(
        'member-of-member',
        `create role ${group}; grant ${owner} to ${group}; grant ${group} to ${scene.app};`,
      );
      if (scene.major < 16) yield change('createrole', `alter role ${scene.app} createrole;`);
      else {
        yield change('inherits-without-set', `grant ${owner} to ${scene.app} with inherit true, set false;`);
        yield change('may-grant-itself', `grant ${owner} to ${scene.app} with admin true, inherit false, set false;`);
      }
    }
  },
};
