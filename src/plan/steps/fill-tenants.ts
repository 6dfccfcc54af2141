import { nameOf, rowKeyOf } from '../../catalog/lookup.ts';
import type { QualifiedName } from '../../sql/ident.ts';
import { writtenName, written } from '../../sql/written.ts';
import { knownTenant, leadsTo, sourceOf, tenantOfRow, type Source } from '../attribution.ts';
import { idLiteral } from '../context.ts';
import { isFilled, leavesOf, ownRows, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** The tenants of the rows that exist: parents before their children. */
export const fillTenants: StepKind = {
  id: 'fill_tenant',
  phase: 'backfill',
  run: 'backfill',
  does: 'The rows that exist get their tenant.',
  locks: 'rows of the table, a batch at a time.',
  rows: 'all that have no tenant.',
  plan: (situation) => inOrder(situation).flatMap((tenant) => steps(situation, tenant)),
};

function steps(situation: Situation, tenant: TenantTable): Step[] {
  const { table, column } = tenant;
  const source = sourceOf(situation, tenant);
  if (source === undefined || column === null || table.tenancy !== 'row') return [];
  const orphans = table.backfill?.orphans;
  return takenInBatches(situation, tenant).flatMap(({ rows, name }) => {
    const step = (up: string): Step => ({ table: name, up: [up], down: [] });
    const taken =
      typeof orphans !== 'object'
        ? []
        : [
            step(`update ${rows} as t
set ${written(column)} = ${idLiteral(orphans.tenant, situation.model.tenants.type)}
where t.${written(column)} is null`),
          ];
    return [...updates(situation, tenant, source, rows).map(step), ...taken];
  });
}

/** The tables whose rows a backfill can take in batches: without a key to take them by, a partitioned table is none, and its partitions are. */
function takenInBatches(
  situation: Situation,
  tenant: TenantTable,
): readonly { readonly rows: string; readonly name: QualifiedName }[] {
  const { relation, table } = tenant;
  const isWhole = relation.relkind !== 'p' || rowKeyOf(situation.snapshot, relation).length > 0;
  if (isWhole) return [{ rows: ownRows(situation, tenant), name: table.table }];
  return leavesOf(situation, relation).map((leaf) => ({ rows: writtenName(nameOf(leaf)), name: nameOf(leaf) }));
}

/** One for each way, the first that leads to a tenant before the others: each reads by an index of its own. */
function updates(situation: Situation, filled: TenantTable, source: Source, rows: string): string[] {
  const { column, relation } = filled;
  const own = written(column ?? '');
  const head = `update ${rows} as t\nset ${own} = `;
  if (source.kind === 'constant') return [`${head}${source.sql}\nwhere t.${own} is null`];
  if (source.kind === 'json') return [`${head}${knownTenant(situation, source.expression)}\nwhere t.${own} is null`];
  return source.ways.flatMap((way) => {
    const tenant = tenantOfRow(situation, way.parent, 'parent');
    if (tenant === null) return [];
    return [
      `${head}${tenant}
from ${writtenName(way.parent.table.table)} as parent
where ${leadsTo(way, relation, 't', 'parent')} and t.${own} is null and ${tenant} is not null`,
    ];
  });
}

/** Tables that are filled, each after the one that it is filled from. */
export function inOrder(situation: Situation): readonly TenantTable[] {
  const ordered: TenantTable[] = [];
  const visit = (tenant: TenantTable, below: readonly TenantTable[]): void => {
    if (ordered.includes(tenant) || below.includes(tenant)) return;
    const source = sourceOf(situation, tenant);
    for (const { parent } of source?.kind === 'ways' ? source.ways : []) visit(parent, [...below, tenant]);
    ordered.push(tenant);
  };
  for (const tenant of situation.tables) visit(tenant, []);
  return ordered.filter(isFilled);
}
