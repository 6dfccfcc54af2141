import type { Mutation } from '../mutation.ts';

export const largeObjectShared: Mutation = {
  id: 'large-object-shared',
  foundBy: [],
  needs: 'An app role.',
  *plant(scene) {
    const made = (then: string): string => `do $d$ declare
  made oid := pg_catalog.lo_from_bytea(0, 'of one tenant');
begin
  execute pg_catalog.format(${then});
end $d$;`;
    const change = { object: `role:${scene.role}`, relations: [] };
    const app = scene.role.replaceAll("'", "''");
    yield { ...change, variant: 'granted', sql: made(`'grant select on large object %s to %I', made, '${app}'`) };
    yield { ...change, variant: 'owned', sql: made(`'alter large object %s owner to %I', made, '${app}'`) };
  },
};
