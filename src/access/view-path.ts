import { relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { isSwitchedOn } from '../sql/switched-on.ts';
import { closureOf, type RoleClosure } from './role-closure.ts';
import { rowSecurityOf, type RowSecurity } from './row-security.ts';

/** A stored relation that is read through views. */
export interface Reached {
  /** A table, a partition, a materialized view or a foreign table. */
  readonly relation: Relation;
  /** The role whose privileges and policies count there. */
  readonly as: string;
  readonly rowSecurity: RowSecurity;
  /** The views on the way, the outermost first. */
  readonly through: readonly Relation[];
}

/** True where a view reads with the privileges of whoever asks (PostgreSQL 15+), and not with its owner's. */
export function isInvoker({ reloptions }: Relation): boolean {
  return isSwitchedOn(reloptions, 'security_invoker');
}

/** True where a view keeps functions of a query away from the rows that it filters out. */
export function isBarrier({ reloptions }: Relation): boolean {
  return isSwitchedOn(reloptions, 'security_barrier');
}

/**
 * The stored relations behind a view when `closure`'s role reads it, and as whom each is read. A definer view reads as its
 * owner; an invoker view as the role of the session, under a definer view too.
 * https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-NOTES
 */
export function reachedThrough(snapshot: CatalogSnapshot, closure: RoleClosure, view: Relation): readonly Reached[] {
  const found = new Map<string, Reached>();
  const seen = new Set<number>();
  const walk = (reader: Relation, through: readonly Relation[]): void => {
    if (seen.has(reader.oid)) return;
    seen.add(reader.oid);
    const as = isInvoker(reader) ? closure : closureOf(snapshot, reader.relowner);
    for (const oid of reader.dependsOn) {
      const relation = relationsByOid(snapshot).get(oid);
      if (relation === undefined) continue;
      if (relation.relkind === 'v') {
        walk(relation, [...through, relation]);
        continue;
      }
      const reached = { relation, as: as.role.rolname, rowSecurity: rowSecurityOf(as, relation), through };
      found.set(`${oid} ${reached.as}`, reached);
    }
  };
  if (view.relkind === 'v') walk(view, [view]);
  return [...found.values()];
}
