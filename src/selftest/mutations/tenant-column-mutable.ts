import { someByColumn } from '../scene.ts';
import type { Mutation } from '../mutation.ts';

export const tenantColumnMutable: Mutation = {
  id: 'tenant-column-mutable',
  foundBy: [],
  needs: 'A table whose tenant column the app role may not update.',
  *plant(scene) {
    const isFixed = ({
      access,
      intent,
    }: {
      access: (typeof scene.tables)[number]['access'];
      intent: { tenantColumn: string | null };
    }): boolean => !access.privileges.columns.UPDATE.includes(intent.tenantColumn ?? '');
    for (const { name, sql, tenant } of someByColumn(scene, isFixed, 1)) {
      const change = { object: name, relations: [name] };
      yield { ...change, variant: 'column', sql: `grant update (${tenant}) on ${sql} to ${scene.app};` };
      yield { ...change, variant: 'table', sql: `grant update on ${sql} to ${scene.app};` };
    }
  },
};
