import { nameOf, relationsByOid } from '../catalog/lookup.ts';
import type { Constraint, Relation } from '../catalog/snapshot.ts';
import { written, writtenName } from '../sql/written.ts';
import { attribution, joined } from './attribution.ts';
import { isPutAside, ownRows, type Situation, type TenantTable } from './situation.ts';

/** A foreign key by which rows hold those of a table that are to be put aside. */
export interface Holder {
  readonly key: Constraint;
  readonly child: Relation;
}

/** Partitions hold by the key of the whole. */
export function holdersOf({ snapshot }: Situation, { relation }: TenantTable): readonly Holder[] {
  return snapshot.constraints.flatMap((key) => {
    const child = relationsByOid(snapshot).get(key.conrelid);
    const holds = key.contype === 'f' && key.confrelid === relation.oid && child?.relispartition === false;
    return holds ? [{ key, child }] : [];
  });
}

/** A holder's rows and the row that they point at, as SQL joins them. */
export function holding({ key }: Holder, alias: string, parent: string): string {
  const pairs = key.columns.map((column, at) => ({ column, parentColumn: key.confcolumns[at] ?? '' }));
  return joined({ pairs }, alias, parent);
}

/**
 * Counts the rows that stay and point at rows that are to be put aside, as the database is before anything was filled.
 *
 * @returns null where it cannot be said in one query
 */
export function heldSql(situation: Situation, tenant: TenantTable, holder: Holder): string | null {
  const own = written(tenant.relation.relname);
  const goes = attribution(situation, tenant, own);
  const beside = situation.tables.find(({ relation }) => relation === holder.child);
  const alias = written(holder.child.relname);
  const stays = beside !== undefined && isPutAside(beside) ? attribution(situation, beside, alias) : 'true';
  if (goes === null || stays === null) return null;
  const outer = own === 'held_by' ? 'held_by_row' : 'held_by';
  const columns = holder.key.columns.map((column) => `${alias}.${written(column)}`).join(', ');
  const rows = beside === undefined ? writtenName(nameOf(holder.child)) : ownRows(situation, beside);
  return `select pg_catalog.count(*) as count
from (select ${columns} from ${rows} as ${alias} where (${stays}) is not null) as ${outer}
where exists (
  select from ${ownRows(situation, tenant)} as ${own} where ${holding(holder, outer, own)} and (${goes}) is null
)`;
}
