import { quoteIdent } from '../sql/ident.ts';
import { isByColumn, type ByColumn, type Scene } from './scene.ts';

/** A foreign key between two walls that holds rows within their tenant. */
export interface TenantKey {
  /** The child, as findings name it. */
  readonly name: string;
  readonly parentName: string;
  readonly child: ByColumn;
  readonly parent: ByColumn;
  /** As SQL. */
  readonly constraint: string;
  /** The columns beside the tenant column, as SQL, and the parent's. */
  readonly columns: readonly string[];
  readonly parentColumns: readonly string[];
}

/** One of the foreign keys that could do without the tenant column, since the rest is a key too. */
export function tenantKeys(scene: Scene): readonly TenantKey[] {
  const walls = new Map(scene.tables.filter(isByColumn).map((table) => [table.relation.oid, table]));
  return scene.snapshot.constraints
    .flatMap((constraint): TenantKey[] => {
      const child = walls.get(constraint.conrelid);
      const parent = walls.get(constraint.confrelid ?? 0);
      if (constraint.contype !== 'f' || !child || !parent) return [];
      const rest = constraint.columns.flatMap((column, index) =>
        column === child.intent.tenantColumn ? [] : [[column, constraint.confcolumns[index] ?? ''] as const],
      );
      const parentColumns = rest.map(([, column]) => column);
      if (rest.length === constraint.columns.length || !isUnique(scene, parent, parentColumns)) return [];
      return [
        {
          name: child.name,
          parentName: parent.name,
          child,
          parent,
          constraint: quoteIdent(constraint.conname),
          columns: rest.map(([column]) => quoteIdent(column)),
          parentColumns: parentColumns.map(quoteIdent),
        },
      ];
    })
    .slice(0, 1);
}

function isUnique({ snapshot }: Scene, { relation }: ByColumn, columns: readonly string[]): boolean {
  return snapshot.constraints.some(
    (one) =>
      one.conrelid === relation.oid &&
      (one.contype === 'p' || one.contype === 'u') &&
      one.columns.length === columns.length &&
      one.columns.every((column) => columns.includes(column)),
  );
}

/** Puts a foreign key without the tenant column in the place of one with it. */
export function singleKey({ child, parent, constraint, columns, parentColumns }: TenantKey, action = ''): string {
  return `alter table ${child.sql} drop constraint ${constraint};
alter table ${child.sql} add constraint ${constraint} foreign key (${columns.join(', ')}) references ${parent.sql} (${parentColumns.join(', ')}) ${action};`;
}

/** Lets a row of the child point at another tenant's row. */
export function crossed({ child, parent, columns, parentColumns }: TenantKey): string {
  const shared = parent.intent.shared.replaceAll(/\bt\./g, 'p.');
  return `update ${child.sql} t set (${columns.join(', ')}) = (
  select ${parentColumns.map((column) => `p.${column}`).join(', ')} from ${parent.sql} p
  where p.${parent.tenant} <> t.${child.tenant} and not (${shared}) limit 1
) where (t.tableoid, t.ctid) = (select x.tableoid, x.ctid from ${child.sql} x limit 1);`;
}
