import type { Mutation } from '../mutation.ts';

export const roleBypassesRls: Mutation = {
  id: 'role-bypasses-rls',
  foundBy: ['foreign-row-visible'],
  needs: 'An app role.',
  *plant(scene) {
    const group = scene.unique('group');
    const inner = scene.unique('inner');
    const concerned = { object: `role:${scene.role}`, relations: scene.tables.slice(0, 1).map(({ name }) => name) };
    yield { ...concerned, variant: 'bypassrls', sql: `alter role ${scene.app} bypassrls;` };
    yield { ...concerned, variant: 'superuser', sql: `alter role ${scene.app} superuser;` };
    yield {
      ...concerned,
      variant: 'by-two-memberships',
      sql: `create role ${inner} bypassrls; create role ${group}; grant ${inner} to ${group}; grant ${group} to ${scene.app};`,
    };
  },
};
