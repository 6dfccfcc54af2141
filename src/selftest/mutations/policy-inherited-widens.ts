import { someTables } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const policyInheritedWidens: Mutation = {
  id: 'policy-inherited-widens',
  foundBy: ['policy-permissive-or', 'foreign-row-visible'],
  needs: 'A table with policies that the app role reaches.',
  *plant(scene) {
    const group = scene.unique('group');
    const outer = scene.unique('outer');
    for (const { name, sql } of someTables(scene, ({ access }) => access.policies.select.restrictive.length === 0, 1)) {
      const change = { object: name, relations: [name] };
      const policy = `create policy rowhouse_selftest on ${sql} for select to ${group} using (true);`;
      yield {
        ...change,
        variant: 'group',
        sql: `create role ${group}; grant ${group} to ${scene.app};\n${policy}`,
      };
      yield {
        ...change,
        variant: 'group-of-group',
        sql: `create role ${group}; create role ${outer}; grant ${group} to ${outer}; grant ${outer} to ${scene.app};\n${policy}`,
      };
    }
  },
};
